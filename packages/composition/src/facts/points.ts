/** Names for kernels: one for each series, and one for each stable point of it at which something changes. */
import type { Fact, Profile } from './fact.ts';
import { compareSeries, parseRelease, type Release, releaseOf, releaseText } from './release.ts';
import { FACTS, factsOf, holds, stablePoints, stackOf } from './stack.ts';

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

/** The release that stands for what was written: a bare 5.7 is 5.7.0. */
export function asRun(release: Release): Release {
  const { series, stable, rc } = release;
  return series === FIRST_OF_ALL && stable === null && rc === null ? { series, stable: 0, rc } : release;
}

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

/** The point that a release lies at; for a release candidate the newest one that is like it. */
export function pointOf(release: Release): KernelPoint {
  const points = pointsOf(release.series);
  if (release.rc !== null) return pointOfCandidate(release) ?? points[0];
  if (release.stable === null) return points.find(({ name }) => name === `linux-${release.series}`) ?? points[0];
  const { stable } = release;
  return points.findLast(({ from }) => (from.stable ?? 0) <= stable) ?? points[0];
}

/** What people know under another name than a release's, and what it comes before. */
const CANDIDATES: Readonly<Record<string, string>> = { 'linux-5.9-rc5': '5.9-rc5' };

function pointOfCandidate(release: Release): KernelPoint | null {
  const stack = stackOf(factsOf(release));
  const like = JSON.stringify(stack);
  const name = Object.keys(CANDIDATES).find((known) =>
    JSON.stringify(stackOf(factsOf(releaseOf(CANDIDATES[known])))) === like
  );
  if (name !== undefined) return { name, from: release, stack };
  return SERIES.slice(0, SERIES.indexOf(release.series) + 1).flatMap(pointsOf).findLast((point) =>
    JSON.stringify(point.stack) === like
  ) ?? null;
}

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

/** The facts that hold of a profile and did not of the release before it, in its tree or, for a first, in mainline. */
export const factsThatBegin = (name: string): readonly Fact[] =>
  differing(name, (fact, at, before) => holds(at, fact) && (before === null || !holds(before, fact)));

/** Those that held of the release before it. */
export const factsThatEnd = (name: string): readonly Fact[] =>
  differing(name, (fact, at, before) => !holds(at, fact) && before !== null && holds(before, fact));

function differing(
  name: string,
  wanted: (fact: Fact, at: Release, before: Release | null) => boolean,
): readonly Fact[] {
  const series = parseRelease(name.replace(/^linux-/, ''))?.series ?? '';
  const points = SERIES.includes(series) ? pointsOf(series) : [];
  const index = points.findIndex((point) => point.name === name);
  if (index < 0) return [];
  const first: Release = { series, stable: 0, rc: null };
  const at = index === 0 ? first : points[index].from;
  const older = SERIES[SERIES.indexOf(series) - 1];
  // Mainline goes on from the first release of a series, not from the last of its stable tree.
  const before = index > 0
    ? points[index - 1].from
    : older === undefined
    ? null
    : { series: older, stable: 0, rc: null };
  return FACTS.filter((fact) => wanted(fact, at, before));
}

/** `linux-5.10.4`: the name of the profile of a release. */
export const kernelName = (release: Release): string => pointOf(release).name;

export const isOlderThanAll = (series: string): boolean => compareSeries(series, SERIES[0]) < 0;
export const isNewerThanAll = (series: string): boolean => compareSeries(series, SERIES[SERIES.length - 1]) > 0;
