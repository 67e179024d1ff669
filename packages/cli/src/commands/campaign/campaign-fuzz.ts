/** `cowlab campaign fuzz`: random programs, by the ten thousand, on lanes, laws and kernels. */
import type { Against } from '@cowlab/campaign';
import { FUZZ_KINDS, type FuzzKinds } from '@cowlab/oracle';
import { type Command, Option } from 'commander';
import { type Ends, type Io, UsageError } from '../../terminal/io.ts';
import { begin, BEGIN_HELP, type BeginFlags, beginOptions } from './begin-campaign.ts';
import { listed, whole } from './engine-flags.ts';

interface FuzzFlags extends BeginFlags {
  readonly seed: string;
  readonly programs: string;
  readonly kinds: FuzzKinds;
  readonly lanes: string;
  readonly against?: string;
  readonly kernels?: string;
}

export function addCampaignFuzz(campaign: Command, io: Io, ends: Ends): void {
  beginOptions(campaign.command('fuzz'))
    .summary('random programs')
    .description(
      'Random programs on lanes, compared with the laws of all policies, with another lane, or with kernels.',
    )
    .option('--seed <n>', 'the same seed, the same programs', '1')
    .option('--programs <n>', 'how many of each lane', '10000')
    .addOption(new Option('--kinds <kinds>', 'golden: what recordings have; wide: all steps').choices(FUZZ_KINDS)
      .default('golden'))
    .option('--lanes <lanes>', 'the lanes that are tried', 'linux-6.18')
    .option('--against <lane>', 'another lane that should do the same (default: the laws)')
    .option('--kernels <series>', 'kernels that should do the same: 5.10,6.1')
    .addHelpText('after', `
The laws: a log evolves into the same world; runs of pages, single pages
and atomic steps come to the same; counters are what a recount finds; and
a lane does the same twice. They need no kernel and no root.

What diverges is made small by units of their own, of each look the first
three programs, and told once for each cause.

A unit for a kernel goes to a worker that has it: its own (as root), or one
that cowlab kernels fetch has brought, under qemu.

${BEGIN_HELP}

Example:
  $ cowlab campaign fuzz --lanes linux-6.18 --programs 2000
  $ cowlab campaign fuzz --lanes linux-6.18+./mine.mjs --against linux-6.18
  $ cowlab campaign fuzz --lanes linux-5.10 --kernels 5.10`)
    .action(async (flags: FuzzFlags) => {
      const { kinds } = flags;
      const lanes = listed(flags.lanes);
      if (lanes.length === 0) throw new UsageError("--lanes '' names no lane; give linux-6.18");
      const against = againstOf(flags);
      const seed = whole('--seed', flags.seed, 0, 0xffffffff) ?? 1;
      const programs = whole('--programs', flags.programs, 1) ?? 1;
      const whom = against.by === 'laws'
        ? 'the laws of all policies'
        : against.by === 'lane'
        ? against.lane
        : `kernels ${against.kernels.join(', ')}`;
      ends(
        await begin({ kind: 'fuzz', seed, kinds, programs, lanes, against },
          `fuzz: seed ${seed}, ${kinds} kinds, ${programs} programs, ${lanes.join(', ')} against ${whom}`, flags, io),
      );
    });
}

function againstOf({ against, kernels }: FuzzFlags): Against {
  if (against !== undefined && kernels !== undefined)
    throw new UsageError('--against and --kernels both say whom to compare with; keep one');
  if (against !== undefined) return { by: 'lane', lane: against };
  if (kernels === undefined) return { by: 'laws' };
  const series = listed(kernels);
  const odd = series.find((one) => !/^\d+\.\d+$/.test(one));
  if (odd !== undefined || series.length === 0)
    throw new UsageError(`--kernels ${odd ?? "''"} is no series; give 5.10 or 5.10,6.1`);
  return { by: 'kernels', kernels: series };
}
