/**
 * What a fork() costs, counted from the recording: at most, because which of the mapped pages were ever touched, only
 * samples would show. Times are those of two machines; ratios carry over better than times.
 */
import { type Evidence, isHeldAt } from '../hazards/evidence.ts';
import { type Fork, PAGE } from '../story/entities.ts';

export interface ForkCost {
  /** Private bytes mapped: fork() copies page-table entries for what of them was touched. */
  readonly privateBytes: number;
  readonly mappings: number;
  /** Pages that kernels with early copy give the child at once. */
  readonly earlyCopies: number;
  /** Of one fork() that shares all of them, and of the early copies, in nanoseconds, on two machines. */
  readonly nanoseconds: readonly [number, number];
  /** How many times as long an early copy takes as sharing, on two machines. */
  readonly timesSharing: readonly [number, number];
  readonly source: string;
}

/** Nanoseconds a page, measured: Xeon of 16 CPUs and EPYC of 2, Linux 6.18, 1 GiB of 4 KiB pages. */
const SHARE = [29, 111] as const;
const EARLY_COPY = [1212, 1733] as const;
const BASE = [48_000, 72_000] as const;

export function forkCost(fork: Fork, { story }: Evidence): ForkCost {
  const held = story.holds.filter((hold) =>
    hold.mm === fork.parent && isHeldAt(hold, fork.line) && hold.kind === 'io_uring'
  );
  const earlyCopies = held.reduce((sum, hold) =>
    sum + (story.under.get(`${fork.id} ${hold.id}`) ?? [])
      .filter(({ value }) => !value.shared && value.advice?.kind !== 'dontfork' && value.advice?.kind !== 'wipeonfork')
      .reduce((pages, { start, end }) => pages + end - start, 0), 0);
  const at = (machine: 0 | 1): number =>
    BASE[machine] + (fork.bytes / PAGE) * SHARE[machine] + earlyCopies * EARLY_COPY[machine];
  return { privateBytes: fork.bytes, mappings: fork.mappings, earlyCopies, nanoseconds: [at(0), at(1)],
    timesSharing: [Math.round(EARLY_COPY[1] / SHARE[1]), Math.round(EARLY_COPY[0] / SHARE[0])],
    source: 'at most, if every private page was touched; medians of Linux 6.18 on a Xeon and on an EPYC guest' };
}
