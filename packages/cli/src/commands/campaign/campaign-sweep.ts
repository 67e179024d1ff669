/** `cowlab campaign sweep`: the cells of a sweep, by any number of workers. */
import { basename } from 'node:path';
import { parseAxis } from '@cowlab/experiments/sweep';
import type { Command } from 'commander';
import { type Ends, type Io, UsageError } from '../../terminal/io.ts';
import { begin, BEGIN_HELP, type BeginFlags, beginOptions } from './begin-campaign.ts';
import { listed, whole } from './engine-flags.ts';

interface SweepFlags extends BeginFlags {
  readonly set: readonly string[];
  readonly zip?: boolean;
  readonly policies?: string;
  readonly measure?: string;
  readonly repeats?: string;
  readonly seed?: string;
}

const gathered = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function addCampaignSweep(campaign: Command, io: Io, ends: Ends): void {
  beginOptions(campaign.command('sweep'))
    .summary('how it grows with a parameter')
    .description('The cells of cowlab sweep, in units: the report is the same table.')
    .argument('<file>', 'a .cow text with ${name} in it, or a module that exports an experiment')
    .option('--set <values>', 'a parameter: pinned=1,64,256 or n=0..100:10 or n=1..4096*2', gathered, [])
    .option('--zip', 'take the values side by side instead of every combination')
    .option('--policies <lanes>', 'the lanes (default: those the file names)')
    .option('--measure <names>', 'what is measured, joined by commas')
    .option('--repeats <n>', 'runs of each point, each with other chance')
    .option('--seed <n>', 'where chance begins (the same seed, the same table)')
    .addHelpText('after', `
Every worker reads the file for itself, seen from its own folder. Workers
that have another file than the rest are told apart.

${BEGIN_HELP}

Example:
  $ cowlab campaign sweep examples/pinned-share.cow --set pinned=64,256`)
    .action(async (file: string, flags: SweepFlags) => {
      const axes = flags.set.map(parseAxis);
      const twice = axes.find(([name], at) => axes.findIndex(([other]) => other === name) < at);
      if (twice !== undefined) throw new UsageError(`--set ${twice[0]} is given twice; join its values by commas`);
      ends(
        await begin({ kind: 'sweep', file, set: axes, zip: flags.zip === true, lanes: flags.policies ?? null,
          measures: flags.measure === undefined ? null : listed(flags.measure),
          repeats: whole('--repeats', flags.repeats, 1), seed: whole('--seed', flags.seed, 0) },
          `sweep: ${[basename(file), ...flags.set].join(' ')}`, flags, io),
      );
    });
}
