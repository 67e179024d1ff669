/** Names for kernels: one for each series, and one for each stable point of it at which something changes. */
import type { Profile } from './fact.ts';
import { compareSeries, parseRelease, type Release, releaseText } from './release.ts';
import { factsOf, stablePoints, stackOf } from './stack.ts';

/** Oldest first; every mainline release from 5.7 on. */
export const SERIES: readonly string[] = [...upTo('5', 7, 19), ...upTo('6', 0, 19), ...upTo('7', 0, 3)];

function upTo(major: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${major}.${first + i}`);
}

/**
 * A series without a third number is what people run of it: its last stable point. 5.7 alone is its first, since it
 * stands for all the kernels before the first mend.
 */
const FIRST_OF_ALL = '5.7';

export interface KernelPoint {
  readonly name: string;
  /** From this release on, up to the next point. */
  readonly from: Release;
  readonly stack: Profile;
}

/** The points of one series, oldest first. */
export function pointsOf(series: string): readonly KernelPoint[] {
  const points = stablePoints(series).map((stable) => ({ series, stable, rc: null }));
  const bare = series === FIRST_OF_ALL ? 0 : points.length - 1;
  return points.map((from, at) => ({ name: at === bare ? `linux-${series}` : `linux-${releaseText(from)}`, from,
    stack: stackOf(factsOf(from)) })
  );
}

/**
 * The point that a release lies at. Release candidates lie at the first one of their series, if they lack nothing of
 * it; else at the last one of the series before.
 */
export function pointOf(release: Release): KernelPoint {
  const points = pointsOf(release.series);
  if (release.rc !== null) return points[0];
  if (release.stable === null) return points.find(({ name }) => name === `linux-${release.series}`) ?? points[0];
  const { stable } = release;
  return points.findLast(({ from }) => (from.stable ?? 0) <= stable) ?? points[0];
}

/** What people know under another name than a release's, and what it comes before. */
const CANDIDATES: Readonly<Record<string, string>> = { 'linux-5.9-rc5': '5.9-rc5' };

export function kernelStacks(): Readonly<Record<string, Profile>> {
  const stacks: Record<string, Profile> = {};
  for (const series of SERIES) {
    for (const [name, text] of Object.entries(CANDIDATES)) {
      const candidate = parseRelease(text);
      if (candidate === null || candidate.series !== series) continue;
      const stack = stackOf(factsOf(candidate));
      stacks[name] = stack;
      stacks['posted-v2'] = postedV2(stack);
    }
    for (const { name, stack } of pointsOf(series)) stacks[name] = stack;
  }
  return stacks;
}

/** The series as it was posted on 2020-09-25 (v2), over the kernel that it was posted for; never a release. */
function postedV2(below: Profile): Profile {
  return [...below, { policy: 'early-cow', options: { series: 'v2' } }, { policy: 'thp-split', options: {} }];
}

export const isOlderThanAll = (series: string): boolean => compareSeries(series, SERIES[0]) < 0;
export const isNewerThanAll = (series: string): boolean => compareSeries(series, SERIES[SERIES.length - 1]) > 0;
