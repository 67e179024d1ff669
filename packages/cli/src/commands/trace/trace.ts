/** `cowlab trace`: record a program so that `cowlab verdict` can judge it, into one file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { COWTRACE, type CowtraceManifest, packTar } from '@cowlab/composition/node';
import type { Command } from 'commander';
import { OutputFile } from '../../output/output-file.ts';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';
import { atWallClock, clockDistance } from './clock.ts';
import { machineSettings } from './machine.ts';
import { pack } from './pack.ts';
import { qualityOf, type Samples } from './quality.ts';
import { CALLS, needStrace, type PerfMode, perfMode, run, straceCommand, whyNotTraced } from './recorders.ts';
import { Snapshots } from './snapshots.ts';

interface TraceFlags {
  readonly output?: string;
  readonly pid?: string;
  readonly perf?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** What is written where nothing is said; `cowlab verdict` reads it where nothing is said. */
const LAST = 'cowlab-trace';
const LOOK_MS = 100;

export function addTrace(program: Command, io: Io, ends: Ends): void {
  program.command('trace')
    .summary('record a program for cowlab verdict')
    .description('Record a program with strace, and its page faults with perf where that is allowed, into one file.')
    .argument('[command...]', 'the program and its arguments, behind --')
    .option('-o, --output <name>', `writes NAME.cowtrace (default: ${LAST}, which is replaced)`)
    .option('-p, --pid <pid>', 'record a running process, until it ends or Ctrl-C')
    .option('--no-perf', 'do not sample page faults')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
NAME.cowtrace is a tar archive, packed by zstd (by gzip where there is
none): what strace and perf wrote, with what /proc told of the processes
and of the machine. It holds paths, arguments and the first bytes that
calls move. verdict and compare read it. Page faults carry the
processor's error code where the tracepoints may be used (root); without
perf or without the right to use it, none are sampled, and that is said.

Exit codes: 0 recorded, whatever the program's exit; 2 nothing was
recorded.

Example:
  $ cowlab trace -- ./app --flag && cowlab verdict`)
    .action(async (command: readonly string[], flags: TraceFlags) => ends(await trace(command, flags, io)));
}

async function trace(command: readonly string[], flags: TraceFlags, io: Io): Promise<ExitCode> {
  if ((flags.pid === undefined) === (command.length === 0))
    throw new UsageError('give a program behind --, or a process by -p PID');
  if (flags.pid !== undefined && !/^\d+$/.test(flags.pid))
    throw new UsageError(`-p ${flags.pid} is no process; give its number`);
  const name = `${(flags.output ?? LAST).replace(/\.cowtrace$/, '')}.cowtrace`;
  const file = OutputFile.at(io, name, { force: flags.output === undefined || flags.force === true });
  const straceVersion = needStrace(io);
  const folder = mkdtempSync(join(tmpdir(), 'cowlab-trace-'));
  try {
    const recorded = await record(command, flags, folder, io);
    const manifest = { ...recorded.manifest, recorders: [straceVersion, ...recorded.manifest.recorders] };
    const { by, bytes } = pack(archiveOf(manifest, recorded));
    file.write(bytes);
    const summary = summaryOf(name, manifest, recorded, by);
    io.stdout.write(`${flags.json === true ? JSON.stringify(summary, null, 2) : textOf(summary).join('\n')}\n`);
    return EXIT.holds;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Recorded {
  readonly manifest: CowtraceManifest;
  readonly strace: string;
  readonly samples: Samples | string;
  readonly snapshots: Snapshots;
}

async function record(command: readonly string[], flags: TraceFlags, folder: string, io: Io): Promise<Recorded> {
  const [calls, data] = [join(folder, 'strace'), join(folder, 'perf.data')];
  const pid = flags.pid === undefined ? null : Number(flags.pid);
  const mode = flags.perf === false ? 'it was not asked for' : perfMode(io, data);
  const strace = straceCommand(calls, pid === null ? ['--', ...command] : ['-p', String(pid)]);
  const sampler = typeof mode === 'string'
    ? null
    : ['perf', 'record', '-q', ...mode.record, '-o', data, ...(pid === null ? ['--', ...strace] : ['-p', String(pid)])];
  const settings = machineSettings();
  const before = clockDistance();
  const snapshots = new Snapshots(() => [pid ?? main.pid ?? []].flat());
  const beside = pid === null || sampler === null ? null : start(sampler, io);
  const main = start(pid === null && sampler !== null ? sampler : strace, io);
  await ended(main, snapshots);
  beside?.kill('SIGINT');
  if (beside !== null) await ended(beside, null);
  if (!existsSync(calls) || readFileSync(calls).length === 0)
    throw new UsageError(`strace wrote nothing: ${whyNotTraced(pid)}`);
  const text = readFileSync(calls, 'utf8');
  const distance = typeof mode === 'string' || !mode.withCode ? null : before;
  const samples = typeof mode === 'string' ? mode : samplesOf(io, data, mode, folder, distance);
  const drift = distance === null ? null : clockDistance() - distance;
  const quality = qualityOf(text, samples, drift, snapshots, pid);
  for (const [name, content] of settings) snapshots.files.set(name, content);
  const manifest: CowtraceManifest = { format: 'cowtrace', version: 1, command: pid === null ? command : null,
    attachedTo: pid, kernel: release(), quality, calls: CALLS,
    recorders: typeof mode === 'string' ? [] : ['perf record'], recordedBy: { strace, perf: sampler },
    clock: distance === null
      ? null
      : { perf: 'CLOCK_MONOTONIC', movedByNanos: String(distance), driftNanos: String(drift) } };
  return { manifest, strace: text, samples, snapshots };
}

function start([program, ...args]: readonly string[], { cwd, env }: Io): ChildProcess {
  return spawn(program, args, { cwd, env: { ...env }, stdio: 'inherit' });
}

/** Ctrl-C is for the recorders, which then write what they have; here it only must not end us first. */
function ended(child: ChildProcess, snapshots: Snapshots | null): Promise<void> {
  const stay = (): void => undefined;
  process.on('SIGINT', stay);
  const timer = snapshots === null ? null : setInterval(() => snapshots.take(), LOOK_MS);
  return new Promise((done, failed) => {
    const over = (): void => {
      process.off('SIGINT', stay);
      if (timer !== null) clearInterval(timer);
    };
    child.once('error', (error) => {
      over();
      failed(new UsageError(`the recorder does not start (${error.message})`));
    });
    child.once('close', () => {
      over();
      done();
    });
  });
}

function samplesOf(io: Io, data: string, mode: PerfMode, folder: string, distance: bigint | null): Samples | string {
  const printed = join(folder, 'faults');
  const out = openSync(printed, 'w');
  const said = run(io, ['perf', 'script', '--ns', '--show-lost-events', '-F', mode.fields, '-i', data], out);
  closeSync(out);
  if (said.status !== 0) return `perf script failed (${said.stderr.trim().split('\n')[0] ?? ''})`;
  let lost = 0;
  const lines: string[] = [];
  for (const line of readFileSync(printed, 'utf8').split('\n')) {
    const [, nr] = /PERF_RECORD_LOST\w* lost (\d+)/.exec(line) ?? [];
    if (nr !== undefined) lost += Number(nr);
    else if (line !== '') lines.push(distance === null ? line : atWallClock(line, distance));
  }
  return { text: lines.map((line) => `${line}\n`).join(''), nr: lines.length, lost };
}

function archiveOf(manifest: CowtraceManifest, { strace, samples, snapshots }: Recorded): Uint8Array {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const files: [string, Uint8Array][] = [[COWTRACE.manifest, bytes(`${JSON.stringify(manifest, null, 2)}\n`)], [
    COWTRACE.strace,
    bytes(strace),
  ]];
  if (typeof samples !== 'string') files.push([COWTRACE.faults, bytes(samples.text)]);
  for (const [name, text] of snapshots.files) files.push([name, bytes(text)]);
  return packTar(files, Date.now() / 1000);
}

interface Summary {
  readonly kind: 'traced';
  readonly file: string;
  readonly packedBy: 'zstd' | 'gzip';
  readonly lines: number;
  /** Null: none were sampled, and `quality` says why. */
  readonly faults: number | null;
  readonly quality: readonly string[];
  readonly next: string;
}

function summaryOf(
  file: string,
  { quality }: CowtraceManifest,
  { strace, samples }: Recorded,
  packedBy: Summary['packedBy'],
): Summary {
  return { kind: 'traced', file, packedBy, lines: strace.split('\n').length - 1,
    faults: typeof samples === 'string' ? null : samples.nr, quality,
    next: `cowlab verdict${file === `${LAST}.cowtrace` ? '' : ` ${file}`}` };
}

function textOf({ file, packedBy, lines, faults, quality, next }: Summary): string[] {
  return [
    `recorded ${file}: ${lines} lines of strace, ${
      faults === null ? 'no page faults' : `${faults} page faults`
    } (tar, packed by ${packedBy})`,
    ...quality.map((one) => `  - ${one}`),
    `next: ${next}`,
  ];
}
