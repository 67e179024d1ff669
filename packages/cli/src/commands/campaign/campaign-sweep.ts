/** `cowlab campaign sweep`: the cells of a sweep, by any number of workers. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { Ends, Io } from '../../terminal/io.ts';
import { axesOf, sweepQuestion, type SweepQuestionFlags } from '../sweep/sweep-question.ts';
import { begin, BEGIN_HELP, type BeginFlags, beginOptions } from './begin-campaign.ts';
import { listed, whole } from './engine-flags.ts';

type SweepFlags = BeginFlags & SweepQuestionFlags;

export function addCampaignSweep(campaign: Command, io: Io, ends: Ends): void {
  sweepQuestion(beginOptions(campaign.command('sweep')))
    .summary('how it grows with a parameter')
    .description('The cells of cowlab sweep, in units: the report is the same table.')
    .addHelpText('after', `
Every worker reads the file for itself, seen from its own folder. Workers
that have another file than the rest are told apart.

${BEGIN_HELP}

Example:
  $ cowlab campaign sweep examples/pinned-share.cow --set pinned=64,256`)
    .action(async (file: string, flags: SweepFlags) => {
      ends(
        await begin({ kind: 'sweep', file, set: axesOf(flags.set), zip: flags.zip === true,
          lanes: flags.policies ?? null, measures: flags.measure === undefined ? null : listed(flags.measure),
          repeats: whole('--repeats', flags.repeats, 1), seed: whole('--seed', flags.seed, 0) },
          `sweep: ${[basename(file), ...flags.set].join(' ')}`, flags, io),
      );
    });
}
