/** `cowlab trace`: record a program so that `cowlab verdict` can judge it: strace with the right set, perf where there is one. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';

interface TraceFlags {
  readonly output: string;
  readonly pid?: string;
  readonly perf?: boolean;
  readonly json?: boolean;
}

/** What shapes, holds, takes and moves memory, and ends it. A `?` lets an older strace pass over what it does not know. */
const CALLS = ['%memory', '%process',
  ...['io_uring_setup', 'io_uring_register', 'vmsplice', 'userfaultfd', 'memfd_create', 'close', 'close_range', 'dup',
    'dup2', 'dup3', 'fcntl', 'open', 'openat', 'openat2', 'ioctl', 'process_vm_writev', 'ptrace', 'setsockopt',
    'sendto', 'sendmsg', 'sendmmsg', 'recvmsg', 'pread64', 'preadv', 'preadv2', 'io_submit', 'io_getevents',
    'io_pgetevents'].map((name) => `?${name}`)].join(',');
const PERF_FIELDS = 'comm,pid,tid,time,event,addr,ip';

export function addTrace(program: Command, io: Io, ends: Ends): void {
  program.command('trace')
    .summary('record a program for cowlab verdict')
    .description('Record a program with strace, and its page faults with perf where that is allowed.')
    .argument('[command...]', 'the program and its arguments, behind --')
    .option('-o, --output <name>', 'writes NAME.strace and NAME.faults', 'cowlab-trace')
    .option('-p, --pid <pid>', 'record a running process, until it ends or Ctrl-C')
    .option('--no-perf', 'do not sample page faults')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Exit codes: 0 recorded; 2 nothing was recorded.

Example:
  $ cowlab trace -o app -- ./app --flag
  $ cowlab verdict app.strace`)
    .action((command: readonly string[], flags: TraceFlags) => ends(trace(command, flags, io)));
}

function trace(command: readonly string[], flags: TraceFlags, io: Io): ExitCode {
  const { pid } = flags;
  if ((pid === undefined) === (command.length === 0))
    throw new UsageError('give a program behind --, or a process by -p PID');
  if (pid !== undefined && !/^\d+$/.test(pid)) throw new UsageError(`-p ${pid} is no process; give its number`);
  if (!runs(io, 'strace', '-V'))
    throw new UsageError('strace is not installed; install it, or record elsewhere and bring the file');
  const strace = resolve(io.cwd, `${flags.output}.strace`);
  // Arrays in full, for they are what is registered; execve() with its environment in short.
  const recorder = ['strace', '-f', '-ttt', '-y', '-e', 'abbrev=execve,execveat', '-o', strace, '-e', `trace=${CALLS}`,
    ...(pid === undefined ? ['--', ...command] : ['-p', pid])];
  const perf = resolve(io.cwd, `${flags.output}.perf.data`);
  const why = flags.perf === false
    ? 'it was not asked for'
    : pid === undefined
    ? whyNoPerf(io, perf)
    : 'it is taken only when the program is started here';
  const whole = why === null
    ? ['perf', 'record', '-q', '-k', 'CLOCK_REALTIME', '-e', 'page-faults', '-c', '1', '-d', '-o', perf, '--',
      ...recorder]
    : recorder;
  const ended = run(io, whole, 'inherit');
  if (!existsSync(strace))
    throw new UsageError(
      `strace wrote nothing (${ended.error?.message ?? `exit ${ended.status}`}); may this user trace?`,
    );
  const lacking = why ?? keepSamples(io, perf, `${flags.output}.faults`);
  rmSync(perf, { force: true });
  const kept = { strace: `${flags.output}.strace`, faults: lacking === null ? `${flags.output}.faults` : null };
  const next = `cowlab verdict ${kept.strace}`;
  io.stdout.write(flags.json === true
    ? `${JSON.stringify({ kind: 'traced', ...kept, why: lacking, next }, null, 2)}\n`
    : `recorded ${kept.strace}\n${
      lacking === null ? `recorded ${kept.faults}` : `no page faults: ${lacking}`
    }\nnext: ${next}\n`);
  return EXIT.holds;
}

/** What kept them from being had; null: they are there. */
function keepSamples(io: Io, perf: string, name: string): string | null {
  const printed = run(io, ['perf', 'script', '--ns', '-F', PERF_FIELDS, '-i', perf], 'pipe');
  if (printed.status !== 0) return `perf script failed (${printed.stderr.trim().split('\n')[0] ?? ''})`;
  writeFileSync(resolve(io.cwd, name), printed.stdout);
  return null;
}

/** perf may be missing, forbidden, or without the event: that is found out by trying. */
function whyNoPerf(io: Io, perf: string): string | null {
  if (!runs(io, 'perf', '--version')) return 'perf is not installed';
  const tried = run(io, ['perf', 'record', '-q', '-k', 'CLOCK_REALTIME', '-e', 'page-faults', '-c', '1', '-d', '-o',
    perf, '--', 'true'], 'pipe');
  return tried.status === 0 ? null : `perf is not allowed to record here (see kernel.perf_event_paranoid)`;
}

const runs = (io: Io, program: string, flag: string): boolean => run(io, [program, flag], 'pipe').status === 0;

function run(
  { cwd, env }: Io,
  [program, ...args]: readonly string[],
  stdio: 'inherit' | 'pipe',
): SpawnSyncReturns<string> {
  return spawnSync(program, args, { cwd, env: { ...env }, encoding: 'utf8', maxBuffer: 2 ** 31 - 1, stdio });
}
