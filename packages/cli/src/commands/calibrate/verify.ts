/** Costs held against this machine: forks and copied pages of snapshots at rising rates of stores. */
import { runSnapshot } from '@cowlab/oracle/live';
import { table } from '@cowlab/prose';
import { type CostProfile, type Interval, project } from '@cowlab/verdict';
import { type Io, progress } from '../../terminal/io.ts';

export interface VerifiedRun {
  readonly pages: number;
  readonly storesPerSecond: number;
  readonly stores: number;
  readonly forkNanos: number;
  readonly forkSaid: Interval;
  readonly pagesCopied: number;
  readonly pagesSaid: Interval;
  readonly forkWithin: boolean;
  readonly copiesWithin: boolean;
}

export interface Verified {
  readonly kind: 'calibrate-verify';
  readonly costs: string;
  readonly forksWithin: number;
  readonly copiesWithin: number;
  readonly runs: readonly VerifiedRun[];
}

const RUNS = 20;
const SECONDS = 0.5;
/** Faults that are not of the stores: the stack, what the program's own calls touch. */
const OTHER_FAULTS = 8;

export async function verify(costs: CostProfile, most: number, io: Io): Promise<Verified> {
  const runs: VerifiedRun[] = [];
  const line = progress(io);
  for (let nr = 0; nr < RUNS; nr++) {
    const pages = Math.max(512, Math.floor(most / 2 ** (nr % 4)));
    const rate = 1000 * 2 ** (nr % 10);
    line.say(`snapshot ${nr + 1} of ${RUNS}: ${pages} pages, ${rate} stores a second`);
    const { forkNanos, pagesCopied, stores } = await runSnapshot(pages, rate, SECONDS, nr + 1);
    // The rate that the machine kept up with, for a busy one keeps up with less.
    const { forkNanos: forkSaid, pagesCopied: said } = project({ pages, pinned: 0, thp: 0, skew: 0, seconds: 1,
      writesPerSecond: stores }, costs);
    runs.push({ pages, storesPerSecond: rate, stores, forkNanos, forkSaid, pagesCopied, pagesSaid: said,
      forkWithin: forkSaid.low <= forkNanos && forkNanos <= forkSaid.high,
      copiesWithin: said.low - 1 <= pagesCopied && pagesCopied <= said.high + OTHER_FAULTS });
  }
  line.done();
  return { kind: 'calibrate-verify', costs: costs.source, runs,
    forksWithin: runs.filter(({ forkWithin }) => forkWithin).length,
    copiesWithin: runs.filter(({ copiesWithin }) => copiesWithin).length };
}

export function verifiedText({ runs, forksWithin, copiesWithin, costs }: Verified): string[] {
  const ms = (nanos: number): string => (nanos / 1e6).toFixed(2);
  const rows = runs.map((
    run,
  ) => [String(run.pages), String(run.storesPerSecond), String(run.stores), ms(run.forkNanos),
    `${ms(run.forkSaid.low)} to ${ms(run.forkSaid.high)}`, run.forkWithin ? 'yes' : 'NO', String(run.pagesCopied),
    `${Math.floor(run.pagesSaid.low)} to ${Math.ceil(run.pagesSaid.high)}`, run.copiesWithin ? 'yes' : 'NO']
  );
  return [
    `fork() within its interval ${forksWithin} of ${runs.length} times, pages copied ${copiesWithin} of ${runs.length}`,
    '',
    ...table(['pages', 'stores/s', 'stores', 'fork ms', 'said', '', 'copied', 'said', ''], rows, ['right', 'right',
      'right', 'right', 'right', 'left', 'right', 'right', 'left']),
    '',
    costs,
  ];
}
