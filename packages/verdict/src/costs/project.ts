/**
 * What a snapshot by fork() will cost, from a few numbers: how long fork() takes, how many pages the parent's stores
 * copy while the child lives, and the memory that this takes. Stores come at random in time (Poisson), and fall on the
 * pages alike (uniform), or as popularity has it (Zipf: the page of rank r gets a share of 1/r^s).
 */
import { type CostProfile, forkTime, type Interval } from './profile.ts';

export interface ProjectInput {
  /** Private pages of 4 KiB that are touched. */
  readonly pages: number;
  /** Pages of those that are held, and that kernels since 5.9 copy at fork(). */
  readonly pinned: number;
  /** Pages of those in transparent huge pages. */
  readonly thp: number;
  readonly writesPerSecond: number;
  readonly seconds: number;
  /** 0: uniform. */
  readonly skew: number;
}

export interface Projection {
  readonly model: string;
  /** Nanoseconds of the call. */
  readonly forkNanos: Interval;
  /** Expected, and between which ends 19 of 20 snapshots lie. */
  readonly pagesCopied: Interval & { readonly p5: number; readonly p95: number; readonly p99: number };
  readonly bytesCopied: Interval;
  /** Time that the parent spends in copying, over the snapshot. */
  readonly copyNanos: Interval;
  /** Bytes of both processes at the end, page tables of the child and early copies with them. */
  readonly peakBytes: Interval;
  /** What a strict commit limit must have room for, at fork(). */
  readonly commitBytes: number;
  readonly source: string;
}

const PAGE = 4096;
const TABLE_PAGES = 512;
const Z95 = 1.96;

export function project(input: ProjectInput, costs: CostProfile): Projection {
  const { pages, pinned, thp, writesPerSecond, seconds, skew } = input;
  const sharable = Math.max(0, pages - pinned);
  const { mean, deviation } = uniquePages(sharable, writesPerSecond * seconds, skew);
  const clamp = (value: number): number => Math.min(sharable, Math.max(0, value));
  const quantile = (z: number): number => clamp(mean + z * deviation);
  const pagesCopied = { low: quantile(-Z95), middle: mean, high: quantile(Z95), p5: quantile(-1.645),
    p95: quantile(1.645), p99: quantile(2.326) };
  const bytes = (of: number): number => of * PAGE;
  const fixed = pages + pinned + Math.ceil((pages - thp) / TABLE_PAGES) + thp / TABLE_PAGES / TABLE_PAGES;
  const each = (value: (end: keyof Interval) => number): Interval => ({ low: value('low'), middle: value('middle'),
    high: value('high') });
  return {
    model: skew === 0
      ? `${sharable} pages, stores at random in time, each page alike (uniform)`
      : `${sharable} pages, stores at random in time, the page of rank r by 1/r^${skew} (Zipf)`,
    forkNanos: forkTime(costs, { shared: Math.max(0, pages - pinned - thp), early: pinned, thp }),
    pagesCopied,
    bytesCopied: each((end) => bytes(pagesCopied[end])),
    copyNanos: each((end) => pagesCopied[end] * costs.perPage.copy[end]),
    peakBytes: each((end) => bytes(fixed + pagesCopied[end])),
    commitBytes: bytes(pages),
    source: costs.source,
  };
}

/**
 * Different pages that so many stores meet. By Poisson arrivals each page is met or not by itself, with probability
 * 1 - exp(-stores x its share), so means and variances add up.
 */
export function uniquePages(pages: number, stores: number, skew: number): { mean: number; deviation: number } {
  let [mean, variance] = [0, 0];
  const total = skew === 0 ? pages : harmonic(pages, skew);
  for (const { from, to, share } of bands(pages, skew)) {
    const met = -Math.expm1((-stores * share) / total);
    mean += (to - from) * met;
    variance += (to - from) * met * (1 - met);
  }
  return { mean, deviation: Math.sqrt(variance) };
}

/** Ranks [from, to) with about the same share: one band where all are alike, ever wider ones of a skewed law. */
function* bands(pages: number, skew: number): Generator<{ from: number; to: number; share: number }> {
  if (pages <= 0) return;
  if (skew === 0) {
    yield { from: 0, to: pages, share: 1 };
    return;
  }
  for (let from = 1; from <= pages;) {
    const to = Math.min(pages + 1, Math.max(from + 1, Math.floor(from * 1.01)));
    yield { from, to, share: bandSum(from, to, skew) / (to - from) };
    from = to;
  }
}

function harmonic(pages: number, skew: number): number {
  let sum = 0;
  for (let from = 1; from <= pages;) {
    const to = Math.min(pages + 1, Math.max(from + 1, Math.floor(from * 1.01)));
    sum += bandSum(from, to, skew);
    from = to;
  }
  return sum;
}

/** Of 1/r^skew over ranks [from, to), by the middle rule. */
function bandSum(from: number, to: number, skew: number): number {
  if (to - from === 1) return from ** -skew;
  const [low, high] = [from - 0.5, to - 0.5];
  return skew === 1 ? Math.log(high / low) : (high ** (1 - skew) - low ** (1 - skew)) / (1 - skew);
}
