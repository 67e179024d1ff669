/** Which kernels there are, and which of them is meant. */

export interface Kernel {
  /** What its `uname -r` says: 5.10.0-32-cloud-amd64. */
  readonly release: string;
  /** Of the sources it was built from: 5.10.223. */
  readonly version: string;
}

/** The first two numbers of a version: 5.10. */
export function seriesOf({ version }: Kernel): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

/** Newest last. */
export function byAge(one: Kernel, other: Kernel): number {
  return one.version.localeCompare(other.version, 'en', { numeric: true })
    || one.release.localeCompare(other.release, 'en', { numeric: true });
}

/** One of each series, oldest first. */
export function newestOfSeries<Some extends Kernel>(kernels: readonly Some[]): Some[] {
  return [...new Map(kernels.toSorted(byAge).map((kernel) => [seriesOf(kernel), kernel])).values()];
}

export const NEWEST = 'newest';

/** `wanted` is a release, a version, a series (its newest kernel is meant) or `newest`. Null when there is none. */
export function chooseKernel<Some extends Kernel>(wanted: string, kernels: readonly Some[]): Some | null {
  const sorted = kernels.toSorted(byAge);
  const meant = [
    (kernel: Kernel) => kernel.release === wanted,
    (kernel: Kernel) => kernel.version === wanted,
    (kernel: Kernel) => seriesOf(kernel) === wanted || wanted === NEWEST,
  ];
  for (const is of meant) {
    const found = sorted.findLast(is);
    if (found !== undefined) return found;
  }
  return null;
}
