/** `cowlab journal prune`: streams that nobody needs any more. */
import { streamState, type StreamSummary } from '@cowlab/journal';
import { count } from '@cowlab/prose';
import type { Command } from 'commander';
import { openForReading } from '../../journal/open-journal.ts';
import { type Ends, EXIT, type Io, UsageError } from '../../terminal/io.ts';

interface PruneFlags {
  readonly keep?: string;
  readonly partial?: boolean;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addPrune(journal: Command, io: Io, ends: Ends): void {
  journal.command('prune')
    .summary('drop streams')
    .description('Drop streams of a journal. What a process writes is never dropped.')
    .argument('<journal>', 'a folder, libsql:FILE or postgres://...')
    .argument('[prefix]', 'only streams whose names begin with it')
    .option('--keep <n>', 'all but the newest n runs of each experiment and lane')
    .option('--partial', 'those that were cut')
    .option('--all', 'all of them')
    .option('--dry-run', 'say which, and drop none')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Of a database nobody can tell whether a partial stream is being written:
there --partial also drops runs that go on.

Example:
  $ cowlab journal prune runs --keep 3 --dry-run`)
    .action(async (address: string, prefix: string | undefined, flags: PruneFlags) => {
      const wanted = [flags.keep !== undefined, flags.partial === true, flags.all === true].filter(Boolean).length;
      if (wanted !== 1) throw new UsageError('say which streams to drop: one of --keep N, --partial and --all');
      const keep = flags.keep === undefined ? null : keepOf(flags.keep);
      const opened = await openForReading(address, io);
      const dropped: string[] = [];
      let left = 0;
      try {
        const streams = await opened.list(prefix ?? '');
        for (const summary of streams) {
          const goes = summary.writer === undefined && (flags.all === true
            || (keep !== null && isOlder(summary, streams, keep))
            || (flags.partial === true && (await streamState(opened, summary)).state === 'partial'));
          if (!goes) left++;
          else {
            if (flags.dryRun !== true) await opened.drop(summary.stream);
            dropped.push(summary.stream);
          }
        }
      } finally {
        await opened.close();
      }
      const dryRun = flags.dryRun === true;
      io.stdout.write(flags.json === true
        ? `${JSON.stringify({ kind: 'journal-prune', journal: address, dropped, kept: left, dryRun }, null, 2)}\n`
        : `${
          [...dropped, `${count(dropped.length, 'stream')} ${dryRun ? 'would be ' : ''}dropped, ${left} kept.`]
            .join('\n')
        }\n`);
      ends(EXIT.holds);
    });
}

function keepOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--keep ${text} is no whole number; give how many runs of each lane to keep`);
}

const laneOf = ({ stream }: StreamSummary): string => stream.slice(0, stream.lastIndexOf('/'));

/** Names of runs sort by the time they began. */
function isOlder(summary: StreamSummary, all: readonly StreamSummary[], keep: number): boolean {
  const lane = laneOf(summary);
  return all.filter((other) => laneOf(other) === lane && other.stream > summary.stream).length >= keep;
}
