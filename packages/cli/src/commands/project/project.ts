/** `cowlab project`: what a snapshot by fork() will cost, from a few numbers. */
import { readFileSync } from 'node:fs';
import { readText } from '@cowlab/composition/node';
import { paragraph, table } from '@cowlab/prose';
import { type CostProfile, fromRedis, fromSmaps, type Interval, project, type Projection, type ProjectInput,
  SHIPPED_COSTS } from '@cowlab/verdict';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { type Ends, EXIT, type ExitCode, type Io, UsageError } from '../../terminal/io.ts';
import { costsOf } from '../calibrate/cost-files.ts';

interface ProjectFlags {
  readonly pages?: string;
  readonly memory?: string;
  readonly redis?: string;
  readonly smaps?: string;
  readonly writes?: string;
  readonly seconds?: string;
  readonly pinned?: string;
  readonly skew?: string;
  readonly pagesPerWrite?: string;
  readonly meminfo?: string;
  readonly costs?: string;
  readonly json?: boolean;
}

export function addProject(program: Command, io: Io, ends: Ends): void {
  program.command('project')
    .summary('what a snapshot by fork() will cost')
    .description(
      'Say from a few numbers what a snapshot by fork() will cost: its time, the pages copied while it lasts, and memory.',
    )
    .option('--pages <nr>', 'private pages of 4 KiB that are touched')
    .option('--memory <size>', 'the same as a size: 8GiB')
    .option('--redis <file>', 'what INFO of Redis or Valkey printed')
    .option('--smaps <file>', '/proc/PID/smaps_rollup, or smaps')
    .option('--writes <nr>', 'stores to random pages a second')
    .option('--pages-per-write <nr>', 'pages that one write of a database touches', '1')
    .option('--seconds <nr>', 'how long the child lives')
    .option('--pinned <size>', 'of the memory, what is registered or pinned', '0')
    .option('--skew <s>', '0: all pages alike; else the page of rank r by 1/r^s', '0')
    .option('--meminfo <file>', 'to hold it against the memory and the commit limit', '/proc/meminfo')
    .option('--costs <costs>', 'what cowlab calibrate --out wrote, or xeon-6.18, epyc-6.18')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Stores are taken to come at random in time (Poisson). Times without --costs
are those of two machines, from the low end of one to the high end of the
other.

Exit codes: 0 there is room; 1 memory or the commit limit does not suffice;
2 a number is missing.

Example:
  $ redis-cli INFO > info.txt && cowlab project --redis info.txt --seconds 40
  $ cowlab project --memory 8GiB --writes 20000 --seconds 30 --skew 0.9`)
    .action((flags: ProjectFlags) => ends(say(flags, io)));
}

interface Room {
  readonly availableBytes: number | null;
  readonly commitLeftBytes: number | null;
  /** vm.overcommit_memory forbids more than the limit. */
  readonly strict: boolean;
}

function say(flags: ProjectFlags, io: Io): ExitCode {
  const { input, notes } = inputOf(flags, io);
  const costs = flags.costs === undefined ? SHIPPED_COSTS : [costsOf(flags.costs, io)];
  const projections = costs.map((one) => project(input, one));
  const found = { ...projections[0], forkNanos: hull(projections.map(({ forkNanos }) => forkNanos)),
    copyNanos: hull(projections.map(({ copyNanos }) => copyNanos)),
    source: costs.map(({ source }: CostProfile) => source).join('; ') };
  const room = roomOf(flags.meminfo ?? '/proc/meminfo', io);
  const lacking = lackOf(found, input, room);
  io.stdout.write(flags.json === true
    ? `${JSON.stringify({ kind: 'project', ...input, ...found, room, lacking, notes }, null, 2)}\n`
    : `${textOf(found, input, room, lacking, notes).join('\n')}\n`);
  return lacking.length === 0 ? EXIT.holds : EXIT.finding;
}

const hull = (all: readonly Interval[]): Interval => ({ low: Math.min(...all.map(({ low }) => low)),
  middle: all.reduce((sum, { middle }) => sum + middle, 0) / all.length,
  high: Math.max(...all.map(({ high }) => high)) });

function inputOf(flags: ProjectFlags, io: Io): { input: ProjectInput; notes: readonly string[] } {
  const text = (file: string): string => readText(resolve(io.cwd, file), file);
  const redis = flags.redis === undefined ? { notes: [] } : fromRedis(text(flags.redis), Date.now() / 1000);
  const smaps = flags.smaps === undefined ? { notes: [] } : fromSmaps(text(flags.smaps));
  if (flags.smaps !== undefined && smaps.pages === undefined)
    throw new UsageError(`--smaps ${flags.smaps}: it has no Rss; give smaps_rollup`);
  if (flags.redis !== undefined && redis.pages === undefined)
    throw new UsageError(`--redis ${flags.redis}: it has no used_memory_rss; give what redis-cli INFO prints`);
  const pages = flags.pages !== undefined
    ? numberOf('--pages', flags.pages)
    : flags.memory !== undefined
    ? sizeOf('--memory', flags.memory) / 4096
    : (smaps.pages ?? redis.pages);
  if (pages === undefined) throw new UsageError('how much memory? give --pages, --memory, --smaps or --redis');
  const writes = flags.writes === undefined ? redis.writesPerSecond : numberOf('--writes', flags.writes);
  if (writes === undefined) throw new UsageError('how many writes a second? give --writes');
  const seconds = flags.seconds === undefined ? redis.seconds : numberOf('--seconds', flags.seconds);
  if (seconds === undefined) throw new UsageError('how long does the snapshot take? give --seconds');
  return {
    input: { pages: Math.round(pages), thp: Math.min(smaps.thp ?? 0, pages), seconds,
      pinned: Math.min(pages, Math.round(sizeOf('--pinned', flags.pinned ?? '0') / 4096)),
      skew: numberOf('--skew', flags.skew ?? '0'),
      writesPerSecond: writes * numberOf('--pages-per-write', flags.pagesPerWrite ?? '1') },
    notes: [...redis.notes, ...smaps.notes],
  };
}

function numberOf(flag: string, text: string): number {
  const nr = /^\d+(\.\d+)?(e\d+)?$/.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(nr)) throw new UsageError(`${flag} ${text}: give a number`);
  return nr;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

function sizeOf(flag: string, text: string): number {
  const [, nr, unit] = /^(\d+(?:\.\d+)?) ?([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
  if (nr === undefined || unit === undefined) throw new UsageError(`${flag} ${text}: give a size, like 512MiB or 8GiB`);
  return Number(nr) * UNITS[unit.toUpperCase()];
}

function roomOf(file: string, io: Io): Room {
  let text = '';
  try {
    text = readFileSync(resolve(io.cwd, file), 'utf8');
  } catch {
    return { availableBytes: null, commitLeftBytes: null, strict: false };
  }
  const of = (key: string): number | null => {
    const found = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
    return found === undefined ? null : Number(found) * 1024;
  };
  const [limit, used] = [of('CommitLimit'), of('Committed_AS')];
  const strict = file === '/proc/meminfo' && overcommit() === '2';
  return { availableBytes: of('MemAvailable'), commitLeftBytes: limit === null || used === null ? null : limit - used,
    strict };
}

function overcommit(): string {
  try {
    return readFileSync('/proc/sys/vm/overcommit_memory', 'utf8').trim();
  } catch {
    return '';
  }
}

/** The program's own memory is there already: only what the snapshot adds must still fit. */
function lackOf({ peakBytes, commitBytes }: Projection, { pages }: ProjectInput, room: Room): string[] {
  const more = peakBytes.high - pages * 4096;
  return [
    ...(room.availableBytes !== null && more > room.availableBytes
      ? [`the snapshot may take ${mib(more)} MiB more, and ${mib(room.availableBytes)} MiB are available`]
      : []),
    ...(room.strict && room.commitLeftBytes !== null && commitBytes > room.commitLeftBytes
      ? [
        `fork() commits ${mib(commitBytes)} MiB, and the commit limit has ${
          mib(room.commitLeftBytes)
        } MiB left (vm.overcommit_memory is 2): it fails with ENOMEM`,
      ]
      : []),
  ];
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 });
const ms = (nanos: number): string => (nanos / 1e6).toLocaleString('en', { maximumFractionDigits: 1 });
const whole = (nr: number): string => Math.round(nr).toLocaleString('en');

function textOf(
  found: Projection,
  input: ProjectInput,
  room: Room,
  lacking: readonly string[],
  notes: readonly string[],
): string[] {
  const { forkNanos, pagesCopied, bytesCopied, copyNanos, peakBytes, commitBytes } = found;
  const range = (of: Interval, say: (value: number) => string): string[] => [say(of.low), say(of.middle), say(of.high)];
  const rows = [['fork(), ms', ...range(forkNanos, ms)], ['pages copied', ...range(pagesCopied, whole)], ['of it, MiB',
    ...range(bytesCopied, mib)], ['time of copying, ms', ...range(copyNanos, ms)], ['peak memory, MiB',
    ...range(peakBytes, mib)]];
  return [
    ...paragraph(
      `A snapshot of ${mib(input.pages * 4096)} MiB that takes ${input.seconds} s at ${
        whole(input.writesPerSecond)
      } stores a second stops the program for ${ms(forkNanos.low)} to ${ms(forkNanos.high)} ms and copies about ${
        mib(bytesCopied.middle)
      } MiB, ${(100 * pagesCopied.middle / Math.max(1, input.pages)).toFixed(1)} % of its pages${
        input.pinned > 0 ? `; ${mib(input.pinned * 4096)} MiB that are held are copied at once` : ''
      }.`,
    ),
    ...lacking.flatMap((one) => paragraph(`NOT ENOUGH: ${one}`)),
    '',
    ...table(['', 'low', 'expected', 'high'], rows, ['left', 'right', 'right', 'right']),
    '',
    ...paragraph(
      `Pages copied: 5 % ${whole(pagesCopied.p5)}, 95 % ${whole(pagesCopied.p95)}, 99 % ${whole(pagesCopied.p99)}.`,
    ),
    ...paragraph(
      `fork() commits ${mib(commitBytes)} MiB${
        room.commitLeftBytes === null
          ? ''
          : `; the commit limit has ${mib(room.commitLeftBytes)} MiB left${
            room.strict ? '' : ', and does not bind (vm.overcommit_memory is not 2)'
          }`
      }.`,
    ),
    ...paragraph(`Model: ${found.model}.`),
    ...notes.flatMap((one) => paragraph(one, '  - ', 4)),
    ...paragraph(`Times: ${found.source}.`),
  ];
}
