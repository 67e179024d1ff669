/**
 * How kernels *report* the same page in different letters. None of this is behaviour: a model that says otherwise is
 * not wrong about memory, so comparing leaves it out and emitting follows the kernel.
 */

export interface Reporting {
  /**
   * `E`: never reported; where the mark is, which under a PMD is the head page alone; or on every page of a folio what
   * is true of its head. @kernel fs/proc/page.c stable_page_flags()
   */
  readonly exclusive: 'never' | 'by-page' | 'by-head';
  /** Whether the huge zero page counts as a file page. */
  readonly hugeZeroIsFile: boolean;
  /**
   * Which mapcount decides `x` of a page under a PMD: that of the folio's head, or its own.
   * @kernel fs/proc/task_mmu.c pagemap_pmd_range()
   */
  readonly mappedExclusively: 'by-head' | 'by-page';
  /** `u`. @kernel fb8e37f35a2f mm/pagemap: export uffd-wp protection information */
  readonly protection: boolean;
}

/**
 * By the first release known to report so, oldest first. Between two recorded kernels the older one's way is assumed.
 */
const REPORTING: readonly (readonly [since: string, reporting: Reporting])[] = [
  ['0', { exclusive: 'never', hugeZeroIsFile: false, mappedExclusively: 'by-head', protection: false }],
  ['5.14', { exclusive: 'never', hugeZeroIsFile: false, mappedExclusively: 'by-head', protection: true }],
  // PG_anon_exclusive itself is of 5.19.
  ['5.19', { exclusive: 'by-page', hugeZeroIsFile: true, mappedExclusively: 'by-head', protection: true }],
  ['6.12', { exclusive: 'by-head', hugeZeroIsFile: true, mappedExclusively: 'by-page', protection: true }],
  ['6.16', { exclusive: 'by-head', hugeZeroIsFile: true, mappedExclusively: 'by-head', protection: true }],
  ['7.3', { exclusive: 'by-head', hugeZeroIsFile: false, mappedExclusively: 'by-head', protection: true }],
];

/** `kernel` is a release such as 6.12 or 6.12.107. */
export function reportingOf(kernel: string): Reporting {
  return REPORTING.findLast(([since]) => compareReleases(since, kernel) <= 0)?.[1] ?? REPORTING[0][1];
}

/** Negative when `a` is the older release: 5.9-rc5 < 5.9 < 5.10. */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = (left[at] ?? 0) - (right[at] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

/** A release candidate counts down from its release: 5.9-rc5 is 5, 8, and then some. */
function numbersOf(release: string): number[] {
  const [, numbers = '0', candidate] = /^(\d+(?:\.\d+)*)(?:-rc(\d+))?/.exec(release) ?? [];
  const parts = numbers.split('.').map(Number);
  if (candidate === undefined) return parts;
  return [...parts.slice(0, -1), parts[parts.length - 1] - 1, Number.MAX_SAFE_INTEGER, Number(candidate)];
}
