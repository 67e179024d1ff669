/** `cowlab campaign conform`: recordings of kernels against the model, by any number of workers. */
import type { Command } from 'commander';
import type { Ends, Io } from '../../terminal/io.ts';
import { recordedJobs } from '../conform/conform.ts';
import { begin, BEGIN_HELP, type BeginFlags, beginOptions } from './begin-campaign.ts';

interface ConformFlags extends BeginFlags {
  readonly golden: string;
  readonly set?: string;
  readonly kernel?: string;
}

export function addCampaignConform(campaign: Command, io: Io, ends: Ends): void {
  beginOptions(campaign.command('conform'))
    .summary('recordings of kernels')
    .description('Recorded programs on the model: what cowlab conform --golden does, in units.')
    .requiredOption('--golden <dir>', 'recordings: SET.programs.txt and SET.KERNEL.jsonl')
    .option('--set <sets>', 'only these: random,directed (default: all)')
    .option('--kernel <kernels>', 'only these: 5.10,6.12 (default: all recorded)')
    .addHelpText('after', `
${BEGIN_HELP}

Exit code 1 when a program diverges.

Example:
  $ cowlab campaign conform --golden examples/golden --kernel 6.12`)
    .action(async (flags: ConformFlags) => {
      const jobs = recordedJobs(flags, io).map(({ set, kernel, programs, recording }) => ({ set, kernel, programs,
        recording: recording ?? '' })
      );
      ends(
        await begin({ kind: 'conform', golden: flags.golden, jobs },
          `conform: ${flags.golden}, ${jobs.length} recordings`, flags, io),
      );
    });
}
