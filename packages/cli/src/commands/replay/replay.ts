/** `cowlab replay`: a kept log, checked, and the world as it stood after any of its commands. */
import { resolve } from 'node:path';
import { eventText, reportWorld, type WorldReport } from '@cowlab/trial';
import type { LogEntry } from '@cowlab/core';
import { readLog, readLogSoFar, replay, type SavedLog, WorldView } from '@cowlab/runtime';
import { lookAt, readLines } from '@cowlab/composition/node';
import type { Command } from 'commander';
import { findStream } from '../../journal/find-stream.ts';
import { openForReading } from '../../journal/open-journal.ts';
import { PART } from '../../output/growing-file.ts';
import { type Ends, EXIT, type Io, UsageError } from '../../terminal/io.ts';
import { commandText, outcomeText } from './entry-text.ts';
import { count, paragraph, ranges, table } from '@cowlab/prose';

interface ReplayFlags {
  readonly to?: string;
  readonly journal?: string;
  readonly json?: boolean;
}

export function addReplay(program: Command, io: Io, ends: Ends): void {
  program.command('replay')
    .summary('check a kept log, show its world')
    .description('Replay a kept log, check it, and show the world it leads to.')
    .argument('<log>', 'a file that cowlab run --log has written; with --journal a stream, or its beginning')
    .option('--journal <dir|url>', 'read it from there')
    .option('--to <n>', 'show the world after n commands (default: all)')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
The whole log is replayed whatever --to says: it must lead to the world
that it was closed with, or it is refused with the line to look at. Of a
run that was cut there is FILE.part: it is replayed as far as it goes, and
said to be partial.

Example:
  $ cowlab run examples/rdma.cow --log rdma.log
  $ cowlab replay rdma.log --to 6
  $ cowlab run examples/rdma.cow --journal runs
  $ cowlab replay rdma --journal runs`)
    .action(async (path: string, flags: ReplayFlags) => {
      const saved = flags.journal === undefined
        ? readKept(path, io.cwd)
        : await readStream(path, flags.journal, io);
      const to = positionOf(flags.to, saved);
      const end = replay(saved);
      const world = to === saved.log.length ? end : replay(saved, { to });
      const report = reportWorld(new WorldView(world), saved.log.slice(0, to));
      const partial = saved.partial === true;
      const verified = partial ? null : { entries: saved.log.length, hash: saved.hash };
      const lines = flags.json === true
        ? [
          JSON.stringify({ kind: 'replay', name: saved.name, policies: saved.policies, geometry: saved.geometry,
            partial, verified, position: to, last: saved.log[to - 1] ?? null, world: report }, null, 2),
        ]
        : textOf(saved, to, report);
      io.stdout.write(`${lines.join('\n')}\n`);
      ends(EXIT.holds);
    });
}

/**
 * A log; or of a run that was cut the part that is there, also by the name that the log would have got.
 * @throws CompositionError or LogError
 */
function readKept(name: string, cwd: string): SavedLog {
  const path = resolve(cwd, name);
  if (name.endsWith(PART)) return readLogSoFar(readLines(path, name), name);
  if (lookAt(path) === 'nothing' && lookAt(path + PART) === 'file') return readKept(name + PART, cwd);
  return readLog(readLines(path, name), name);
}

/** @throws UsageError, JournalError */
async function readStream(name: string, address: string, io: Io): Promise<SavedLog> {
  const journal = await openForReading(address, io);
  try {
    const { stream } = await findStream(journal, name, address);
    const { readJournalLog } = await import('@cowlab/journal');
    const saved = await readJournalLog(journal, stream);
    if (saved !== null) return saved;
    throw new UsageError(`${stream} has nothing in it yet; wait for the run that writes it`);
  } finally {
    await journal.close();
  }
}

function positionOf(text: string | undefined, { log }: SavedLog): number {
  if (text === undefined) return log.length;
  const to = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (to < 0 || to > log.length)
    throw new UsageError(`--to ${text} is no position of this log; give 0 to ${log.length}`);
  return to;
}

function textOf(saved: SavedLog, to: number, world: WorldReport): string[] {
  const last = saved.log[to - 1];
  return [
    ...paragraph(`${saved.name}: ${count(saved.log.length, 'command')} under ${saved.policies.join(', ')}`,
      'log       '),
    ...(saved.partial === true
      ? paragraph(`partial: the run that wrote ${saved.file} was cut; what it did until then is here, unchecked`,
        'checked   ')
      : paragraph(`replayed to ${saved.hash}, the world it was closed with`, 'checked   ')),
    ...paragraph(to === saved.log.length ? `${to}, the end` : `${to} of ${saved.log.length}`, 'position  '),
    ...(last === undefined ? [] : entryText(last)),
    '',
    ...worldText(world),
  ];
}

function entryText({ command, events, result }: LogEntry): string[] {
  return [
    ...paragraph(commandText(command), 'command   '),
    ...paragraph(outcomeText(result), 'result    '),
    ...events.flatMap((event) => paragraph(eventText(event), '          ', 12)),
  ];
}

function worldText(world: WorldReport): string[] {
  return [
    ...paragraph(
      `${count(world.tasks.length, 'task')}, ${count(world.pins.length, 'pin')}, ${
        count(world.pagesUsed, 'page')
      } in use, hash ${world.hash}`,
      'world     ',
    ),
    ...world.mms.flatMap((mm) => {
      const tasks = world.tasks.filter((task) => task.mm === mm.mm).map(({ task }) => task);
      const { anon, file, shmem, swap } = mm.rss;
      return [
        '',
        ...paragraph(
          `mm ${mm.mm} of task ${ranges(tasks)}: anon ${anon}, file ${file}, shmem ${shmem}, swap ${swap} pages; ${
            count(mm.pageTables, 'page table')
          }${mm.hasPinned ? '; has_pinned' : ''}`,
        ),
        ...(mm.vmas.length === 0 ? [] : table(
          ['start', 'pages', 'perms', 'file', 'flags'],
          mm.vmas.map((
            { start, end, perms, file, vmFlags },
          ) => [`0x${start.toString(16)}`, String(end - start), perms, file === 0 ? '-' : String(file),
            vmFlags.join(' ') || '-']
          ),
          ['left', 'right'],
        )),
      ];
    }),
    ...(world.pins.length === 0 ? [] : ['', ...table(
      ['pin', 'device', 'mm', 'start', 'pages', 'owner elsewhere at'],
      world.pins.map((
        { pin, device, mm, vpn, nr, pages, ownerGone },
      ) => [String(pin), device === 0 ? 'pipe' : String(device), String(mm), `0x${vpn.toString(16)}`, String(nr),
        ownerGone
          ? 'owner gone'
          : ranges(pages.flatMap(({ pfn, ownerPfn }, at) => (pfn === ownerPfn ? [] : [at]))) || 'none']
      ),
    )]),
  ];
}
