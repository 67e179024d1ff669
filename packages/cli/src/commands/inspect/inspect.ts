/** `cowlab inspect PID`: what would fork() do to this process now, without tracing it. */
import { readFileSync } from 'node:fs';
import { inspect } from '@cowlab/verdict';
import { paragraph, table } from '@cowlab/prose';
import type { Command } from 'commander';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';

export function addInspect(program: Command, io: Io, ends: Ends): void {
  program.command('inspect')
    .summary('what fork() would do to it now')
    .description(
      'Say from /proc what fork() would do to a running process now: pinned, left out, huge and swapped memory, and the cost.',
    )
    .argument('<pid>', 'the process')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Exit codes: 0 inspected; 2 there is no such process, or it may not be read.

Example:
  $ cowlab inspect $(pidof redis-server)`)
    .action((pid: string, flags: { readonly json?: boolean }) => ends(say(pid, flags.json === true, io)));
}

function say(pid: string, asJson: boolean, io: Io): ExitCode {
  if (!/^\d+$/.test(pid)) throw new UsageError(`${pid} is no process; give its number`);
  const found = inspect(read(`/proc/${pid}/smaps`), read(`/proc/${pid}/status`), {
    mapCount: Number(read('/proc/sys/vm/max_map_count')),
  });
  if (asJson) {
    io.stdout.write(`${JSON.stringify({ kind: 'inspect', ...found }, null, 2)}\n`);
    return EXIT.holds;
  }
  const rows = [['private memory to share', found.copied], ['of it in transparent huge pages', found.anonHuge], [
    'pinned (VmPin)',
    found.pinned,
  ], ['left out by MADV_DONTFORK', found.dontfork], ['wiped by MADV_WIPEONFORK', found.wiped], [
    'huge pages of the pool',
    found.hugetlb,
  ], ['swapped out', found.swapped]].map(([what, kib]) => [String(what), String(kib)]);
  const lines = [found.sentence, '', ...table(['what', 'KiB'], rows, ['left', 'right']), '',
    `${found.mappings} mappings, ${found.threads} threads`,
    ...found.notes.flatMap((note) => paragraph(note, '  - ', 4))];
  io.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.holds;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(
      `${path} cannot be read (${code ?? 'unknown'}); ${
        code === 'ENOENT' ? 'is the process still there?' : 'run as its user or as root'
      }`,
    );
  }
}
