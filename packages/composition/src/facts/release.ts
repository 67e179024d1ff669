/** Upstream releases as numbers that can be put in order: 5.10, 5.10.223, 6.12-rc3. */

export interface Release {
  /** `6.12` */
  readonly series: string;
  /** The third number; null: the series as people run it, its last stable point. */
  readonly stable: number | null;
  /** Of a release candidate; null: a release. */
  readonly rc: number | null;
}

const SHAPE = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,4}))?(?:-rc(\d{1,2}))?$/;

/** Null: no release of Linux is written so. */
export function parseRelease(text: string): Release | null {
  const [, major, minor, stable, rc] = SHAPE.exec(text) ?? [];
  if (major === undefined || (rc !== undefined && Number(stable ?? 0) !== 0)) return null;
  return { series: `${Number(major)}.${Number(minor)}`, stable: stable === undefined ? null : Number(stable),
    rc: rc === undefined ? null : Number(rc) };
}

/** Every profile is held against every fact as a command starts, and the tables name a few dozen releases. */
const known = new Map<string, Release>();

/** @throws RangeError for what is no release: only for texts of our own tables. */
export function releaseOf(text: string): Release {
  const before = known.get(text);
  if (before !== undefined) return before;
  const release = parseRelease(text);
  if (release === null) throw new RangeError(`'${text}' is no release`);
  known.set(text, release);
  return release;
}

export function releaseText({ series, stable, rc }: Release): string {
  return rc === null ? (stable === null ? series : `${series}.${stable}`) : `${series}-rc${rc}`;
}

/** Below 0: `one` is of an older series. */
export function compareSeries(one: string, other: string): number {
  const [at, otherAt] = [one.indexOf('.'), other.indexOf('.')];
  return Number(one.slice(0, at)) - Number(other.slice(0, otherAt))
    || Number(one.slice(at + 1)) - Number(other.slice(otherAt + 1));
}

/** Is `at` that release or a later one of the same line of history? Release candidates come before the release. */
export function reached(at: Release, since: Release): boolean {
  const order = compareSeries(at.series, since.series);
  if (order !== 0) return order > 0;
  // What nobody dated to a candidate came with the merge window, that is with the first.
  return at.rc === null || at.rc >= (since.rc ?? 1);
}
