/** strace and perf: what they are asked for, what is tried first, and what is said where one is missing. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Io, UsageError } from '../../terminal/io.ts';

/** What shapes, holds, takes and moves memory, and ends it. read() and write() are left out: there are too many. */
export const CALLS = ['%memory', '%process', ...['io_uring_setup', 'io_uring_register', 'vmsplice', 'userfaultfd',
  'memfd_create', 'close', 'close_range', 'dup', 'dup2', 'dup3', 'fcntl', 'open', 'openat', 'openat2', 'ioctl',
  'process_vm_writev', 'process_vm_readv', 'ptrace', 'setsockopt', 'sendto', 'sendmsg', 'sendmmsg', 'recvmsg',
  'pread64', 'preadv', 'preadv2', 'io_submit', 'io_getevents', 'io_pgetevents']];

/** A `?` lets an older strace pass over what it does not know. */
const SET = CALLS.map((name) => (name.startsWith('%') ? name : `?${name}`)).join(',');

/** Arrays in full, for they are what is registered; execve() without its environment. */
export function straceCommand(file: string, what: readonly string[]): string[] {
  return ['strace', '-f', '-ttt', '-y', '-e', 'abbrev=execve,execveat', '-o', file, '-e', `trace=${SET}`, ...what];
}

export interface PerfMode {
  /** Events and clock of `perf record`. */
  readonly record: readonly string[];
  readonly fields: string;
  /** Samples carry the processor's error code, and the monotonic clock. */
  readonly withCode: boolean;
}

const TRACEPOINTS: PerfMode = { withCode: true, fields: 'comm,pid,tid,time,event,trace,ip',
  record: ['-k', 'CLOCK_MONOTONIC', '-e', 'exceptions:page_fault_user', '-e', 'exceptions:page_fault_kernel', '-c',
    '1'] };
const SOFTWARE: PerfMode = { withCode: false, fields: 'comm,pid,tid,time,event,addr,ip',
  record: ['-k', 'CLOCK_REALTIME', '-e', 'page-faults', '-c', '1', '-d'] };

/** The best that this machine allows, found out by trying; or why there is none. */
export function perfMode(io: Io, data: string): PerfMode | string {
  if (!runs(io, 'perf', '--version')) return `perf is not installed; ${installHint('perf')}`;
  const works = ({ record }: PerfMode): boolean =>
    run(io, ['perf', 'record', '-q', ...record, '-o', data, '--', 'true']).status === 0;
  if (works(TRACEPOINTS)) return TRACEPOINTS;
  return works(SOFTWARE)
    ? SOFTWARE
    : `perf may not record here (kernel.perf_event_paranoid is ${setting('/proc/sys/kernel/perf_event_paranoid')}); `
      + 'run as root, or sysctl kernel.perf_event_paranoid=1';
}

/** @throws UsageError with the way to install it */
export function needStrace(io: Io): string {
  const said = run(io, ['strace', '-V']);
  if (said.status === 0) return said.stdout.split('\n')[0] ?? 'strace';
  throw new UsageError(
    `strace is not installed; ${installHint('strace')}. Without it: cowlab inspect PID reads what /proc tells`,
  );
}

/** What strace says itself when it may not trace. */
export function whyNotTraced(pid: number | null): string {
  const scope = setting('/proc/sys/kernel/yama/ptrace_scope');
  const yama = scope === '' || scope === '0' ? '' : ` (kernel.yama.ptrace_scope is ${scope})`;
  return pid === null
    ? `may this user trace?${yama} In a container, allow ptrace (--cap-add SYS_PTRACE)`
    : `is process ${pid} there, and may this user trace it?${yama} Run as root, or start the program by cowlab trace -- PROGRAM`;
}

const INSTALLS: readonly (readonly [ids: RegExp, command: string, perf: string])[] = [
  [/debian|ubuntu/, 'apt-get install', 'linux-perf (linux-tools-$(uname -r) on Ubuntu)'],
  [/fedora|rhel|centos/, 'dnf install', 'perf'],
  [/alpine/, 'apk add', 'perf'],
  [/arch/, 'pacman -S', 'perf'],
  [/suse/, 'zypper install', 'perf'],
];

function installHint(program: 'strace' | 'perf'): string {
  const ids = [...setting('/etc/os-release').matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].map(([, id]) => id).join(' ');
  const [, command, perf] = INSTALLS.find(([pattern]) => pattern.test(ids)) ?? [null, 'install the package', 'perf'];
  return `${command} ${program === 'strace' ? 'strace' : perf}`;
}

export function run(
  { cwd, env }: Io,
  [program, ...args]: readonly string[],
  stdio: 'pipe' | number = 'pipe',
): SpawnSyncReturns<string> {
  return spawnSync(program, args, { cwd, env: { ...env }, encoding: 'utf8', maxBuffer: 2 ** 31 - 1,
    stdio: ['ignore', stdio, 'pipe'] });
}

export const runs = (io: Io, program: string, flag: string): boolean => run(io, [program, flag]).status === 0;

/** A file of /proc or /sys, empty where it cannot be read. */
export function setting(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
