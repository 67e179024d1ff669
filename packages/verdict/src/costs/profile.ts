/**
 * What fork() costs on a machine, as intervals within which 19 of 20 single runs lie. Two machines are shipped; one's
 * own is measured by `cowlab calibrate`.
 */

/** Ends of what 19 of 20 runs take, in nanoseconds, with the middle. */
export interface Interval {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

export interface CostProfile {
  readonly kind: 'calibrate';
  readonly name: string;
  /** Who measured it, where and when. */
  readonly source: string;
  /** The whole call, of a small process. */
  readonly forkCall: Interval;
  /** Nanoseconds a page of 4 KiB; null: not measured. */
  readonly perPage: {
    readonly share: Interval;
    readonly earlyCopy: Interval | null;
    readonly thp: Interval | null;
    readonly dontfork: Interval | null;
    readonly copy: Interval;
    readonly reuse: Interval | null;
    readonly touch: Interval | null;
  };
  /** posix_spawn() of a large process. */
  readonly spawnCall: Interval | null;
}

const of = (low: number, middle: number, high: number): Interval => ({ low, middle, high });

/** Min, median and max of seven runs of 2^18 pages, other sizes between them. */
const XEON: CostProfile = {
  kind: 'calibrate',
  name: 'xeon-6.18',
  source: 'a Xeon guest of 16 CPUs, Linux 6.18.44, THP = madvise, 2026-11-27; least and most of 7 runs of 1 GiB, '
    + 'sharing over 64 MiB to 4 GiB',
  forkCall: of(38_100, 48_400, 71_600),
  perPage: { share: of(24.5, 29.5, 71.8), earlyCopy: of(1_172, 1_212, 1_731), thp: of(1.9, 2.4, 2.6),
    dontfork: of(0, 0.2, 0.5), copy: of(2_243, 2_276, 2_412), reuse: of(819, 831, 881),
    touch: of(1_502, 1_521, 1_540) },
  spawnCall: null,
};

/** Medians alone were kept; the ends are those of its other sizes, and of the ratios of the Xeon. */
const EPYC: CostProfile = {
  kind: 'calibrate',
  name: 'epyc-6.18',
  source: 'an EPYC guest of 2 CPUs, Linux 6.18.44, THP = madvise, 2026-11-22; medians of 1 GiB, with the spread of the '
    + 'Xeon where it kept none',
  forkCall: of(65_000, 72_000, 214_000),
  perPage: { share: of(84, 111, 136), earlyCopy: of(1_676, 1_733, 3_479), thp: of(1.9, 2.4, 2.6),
    dontfork: of(0, 0.3, 0.4), copy: of(3_454, 3_505, 3_748), reuse: of(1_408, 1_428, 1_514),
    touch: of(2_456, 2_487, 2_518) },
  spawnCall: null,
};

export const SHIPPED_COSTS: readonly CostProfile[] = [XEON, EPYC];

const INTERVALS = ['share', 'earlyCopy', 'thp', 'dontfork', 'copy', 'reuse', 'touch'] as const;

/** What a file says, or why it is none. */
export function readCostProfile(text: string): CostProfile | string {
  let data: Partial<CostProfile>;
  try {
    data = JSON.parse(text) as Partial<CostProfile>;
  } catch {
    return 'it is no JSON';
  }
  if (data.kind !== 'calibrate' || typeof data.name !== 'string' || typeof data.source !== 'string')
    return 'it is not what cowlab calibrate writes';
  const perPage = data.perPage as Record<string, unknown> | undefined;
  const odd = !isInterval(data.forkCall)
    ? 'forkCall'
    : INTERVALS.find((name) => {
      const optional = name !== 'share' && name !== 'copy' && perPage?.[name] === null;
      return !optional && !isInterval(perPage?.[name]);
    });
  return odd === undefined ? (data as CostProfile) : `its ${odd} is no interval of nanoseconds`;
}

function isInterval(value: unknown): boolean {
  const { low, middle, high } = (value ?? {}) as Partial<Interval>;
  return [low, middle, high].every((one) => typeof one === 'number' && Number.isFinite(one) && one >= 0)
    && (low as number) <= (middle as number) && (middle as number) <= (high as number);
}

/** The call alone, for so many pages of each kind. */
export function forkTime(
  { forkCall, perPage }: CostProfile,
  pages: { readonly shared: number; readonly early?: number; readonly thp?: number },
): Interval {
  const at = (end: keyof Interval): number =>
    forkCall[end] + pages.shared * perPage.share[end] + (pages.early ?? 0) * (perPage.earlyCopy?.[end] ?? 0)
    + (pages.thp ?? 0) * (perPage.thp?.[end] ?? 0);
  return { low: at('low'), middle: at('middle'), high: at('high') };
}
