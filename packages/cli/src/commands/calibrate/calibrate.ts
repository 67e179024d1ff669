/** `cowlab calibrate`: what fork() and copy-on-write cost on this machine, with intervals, in about a minute. */
import { cpus, freemem, release } from 'node:os';
import { type Estimate, estimateOf, randomOf } from '@cowlab/experiments/node';
import { type CostKind, type CostMissing, measureCost, whyNoCosts } from '@cowlab/oracle/live';
import { table } from '@cowlab/prose';
import { type CostProfile, type Interval, spreadOf } from '@cowlab/verdict';
import type { Command } from 'commander';
import { OutputFile } from '../../output/output-file.ts';
import { type Ends, EXIT, type ExitCode, type Io, progress, UsageError } from '../../terminal/io.ts';
import { costsOf } from './cost-files.ts';
import { verify, verifiedText } from './verify.ts';

interface CalibrateFlags {
  readonly out?: string;
  readonly pages: string;
  readonly repeats: string;
  readonly verify?: string;
  readonly json?: boolean;
  readonly force?: boolean;
}

export interface Measured {
  readonly what: string;
  readonly unit: 'call' | 'page';
  readonly pages: number;
  /** Of the mean, by the bootstrap; null: not measured, and why. */
  readonly mean: Estimate | null;
  readonly spread: Interval | null;
  readonly missing: string | null;
}

const WHAT: Readonly<Record<CostKind, readonly [what: string, unit: Measured['unit']]>> = {
  plain: ['fork(), all shared', 'page'],
  pinned: ['fork(), all held: early copy', 'page'],
  thp: ['fork(), transparent huge pages', 'page'],
  dontfork: ['fork(), MADV_DONTFORK', 'page'],
  spawn: ['posix_spawn()', 'call'],
  copy: ['store after fork(): COW copy', 'page'],
  reuse: ['store after the child left: reuse', 'page'],
  touch: ['first store: a new page', 'page'],
};
/** Seed of the resamples, so that the same values have the same interval. */
const RESAMPLES = 2026;
/** fork() of next to nothing. */
const SMALL_PAGES = 16;
/** Of the pages for fork(): faults take longer, one by one. */
const PART: Partial<Readonly<Record<CostKind, number>>> = { pinned: 4, copy: 4, reuse: 4, touch: 4 };

export function addCalibrate(program: Command, io: Io, ends: Ends): void {
  program.command('calibrate')
    .summary('what fork() costs on this machine')
    .description('Measure what fork() and copy-on-write cost on this machine, in about a minute, and print intervals.')
    .option('--out <file>', 'write a profile for --costs')
    .option('--pages <nr>', 'of the largest fork(), a power of two', '131072')
    .option('--repeats <nr>', 'of each measurement', '9')
    .option('--verify <costs>', 'hold a profile against snapshots of this machine instead')
    .option('--json', 'print data instead of text')
    .option('--force', 'replace a file that is there')
    .addHelpText('after', `
Two intervals are printed: of the mean, by the bootstrap; and of single
runs, within which 19 of 20 further ones lie. Profiles hold the latter. A
machine that is busy with other work has wide intervals: measure when it is
not.

--verify forks and stores at random, at rising rates, 20 times, and counts
how often the time of fork() and the pages copied lie within what cowlab
project says with these costs.

Exit codes: 0 measured, or at least 19 of 20 within; 1 fewer; 2 this
machine cannot be measured.

Example:
  $ cowlab calibrate --out costs.json
  $ cowlab calibrate --verify costs.json
  $ cowlab verdict app.cowtrace --costs costs.json`)
    .action(async (flags: CalibrateFlags) => ends(await calibrate(flags, io)));
}

async function calibrate(flags: CalibrateFlags, io: Io): Promise<ExitCode> {
  const [pages, repeats] = [numberOf('--pages', flags.pages, 512, 2 ** 24),
    numberOf('--repeats', flags.repeats, 3, 1000)];
  const reason = whyNoCosts();
  if (reason !== null) throw new UsageError(`this machine cannot be measured: ${reason}; install a C compiler (cc)`);
  if (flags.verify !== undefined) {
    const found = await verify(costsOf(flags.verify, io), pages, io);
    io.stdout.write(`${flags.json === true ? JSON.stringify(found, null, 2) : verifiedText(found).join('\n')}\n`);
    return found.forksWithin >= 19 && found.copiesWithin >= 19 ? EXIT.holds : EXIT.finding;
  }
  const file = flags.out === undefined ? null : OutputFile.at(io, flags.out, { force: flags.force });
  if (pages * 4096 * 3 > freemem())
    throw new UsageError(`--pages ${pages} needs ${(pages * 3) / 256} MiB free; give fewer`);
  const { rows, profile } = await measured(pages, repeats, io);
  file?.write(`${JSON.stringify(profile, null, 2)}\n`);
  io.stdout.write(`${
    flags.json === true
      ? JSON.stringify({ ...profile, measured: rows }, null, 2)
      : textOf(rows, profile, file).join('\n')
  }\n`);
  return EXIT.holds;
}

function numberOf(flag: string, text: string, least: number, most: number): number {
  const nr = Number(text);
  if (!Number.isInteger(nr) || nr < least || nr > most)
    throw new UsageError(`${flag} ${text}: give a whole number from ${least} to ${most}`);
  return nr;
}

async function measured(most: number, repeats: number, io: Io): Promise<{ rows: Measured[]; profile: CostProfile }> {
  const rows: Measured[] = [];
  const line = progress(io);
  const measure = async (kind: CostKind, pages: number): Promise<readonly number[] | CostMissing> => {
    line.say(`${WHAT[kind][0]}, ${pages} pages`);
    return measureCost(kind, pages, repeats);
  };
  const small = await measure('plain', SMALL_PAGES);
  if ('missing' in small) throw new UsageError(`this machine cannot be measured: ${small.missing}`);
  rows.push(rowOf('plain', SMALL_PAGES, small, 0));
  const forkCall = spreadOf(small);
  const spreads: Partial<Record<CostKind, Interval>> = {};
  for (const kind of Object.keys(WHAT) as CostKind[]) {
    // A ladder by size for what is shared: tables and caches make large ones dearer.
    const sizes = kind === 'plain' ? [most / 16, most / 4, most] : [most / (PART[kind] ?? 1)];
    const found: Interval[] = [];
    for (const pages of sizes.map(Math.floor)) {
      const nanos = await measure(kind, pages);
      const row = rowOf(kind, pages, nanos, forkCall.middle);
      rows.push(row);
      if (row.spread !== null) found.push(row.spread);
    }
    if (found.length > 0) spreads[kind] = hull(found);
  }
  line.done();
  return { rows, profile: profileOf(forkCall, spreads, repeats) };
}

const FORKS: ReadonlySet<CostKind> = new Set(['plain', 'pinned', 'thp', 'dontfork']);

/** By the page, what a small fork() takes is not counted. */
function rowOf(kind: CostKind, pages: number, nanos: readonly number[] | CostMissing, base: number): Measured {
  const [what, unit] = WHAT[kind];
  if ('missing' in nanos) return { what, unit, pages, mean: null, spread: null, missing: nanos.missing };
  const small = pages === SMALL_PAGES;
  const each = (value: number): number =>
    unit === 'call' || small ? value : Math.max(0, value - (FORKS.has(kind) ? base : 0)) / pages;
  const { low, middle, high } = spreadOf(nanos);
  return { what: small ? 'fork() of a small process' : what, unit: small ? 'call' : unit, pages,
    mean: estimateOf(nanos.map(each), randomOf(RESAMPLES)),
    spread: { low: each(low), middle: each(middle), high: each(high) }, missing: null };
}

/** At any of the sizes. */
const hull = (all: readonly Interval[]): Interval => ({ low: Math.min(...all.map(({ low }) => low)),
  middle: all.reduce((sum, { middle }) => sum + middle, 0) / all.length,
  high: Math.max(...all.map(({ high }) => high)) });

function profileOf(forkCall: Interval, of: Partial<Record<CostKind, Interval>>, repeats: number): CostProfile {
  const [cpu] = cpus();
  const needed = (kind: 'plain' | 'copy'): Interval => of[kind] ?? { low: 0, middle: 0, high: 0 };
  return { kind: 'calibrate', name: 'this-machine',
    source: `cowlab calibrate, ${new Date().toISOString().slice(0, 10)}, Linux ${release()}, ${
      cpu?.model.trim() ?? 'unknown processor'
    }, ${cpus().length} CPUs; 19 of 20 single runs, from ${repeats} of each`, forkCall,
    perPage: { share: needed('plain'), earlyCopy: of.pinned ?? null, thp: of.thp ?? null, dontfork: of.dontfork ?? null,
      copy: needed('copy'), reuse: of.reuse ?? null, touch: of.touch ?? null }, spawnCall: of.spawn ?? null };
}

const nanos = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });

function textOf(rows: readonly Measured[], { source }: CostProfile, file: OutputFile | null): string[] {
  const lines = rows.map((
    { what, unit, pages, mean, spread, missing },
  ) => [what, String(pages), unit, ...(mean === null || spread === null
    ? [`not measured: ${missing}`, '', '']
    : [nanos(mean.mean), `${nanos(mean.low)} to ${nanos(mean.high)}`, `${nanos(spread.low)} to ${nanos(spread.high)}`])]
  );
  return ['Nanoseconds, of a call or of each 4 KiB page in it:', '',
    ...table(['what', 'pages', 'a', 'mean', 'of the mean (95 %)', '19 of 20 runs'], lines, ['left', 'right', 'left',
      'right', 'right', 'right']), '', source, ...(file === null ? [] : [`written: ${file.place.name}`])];
}
