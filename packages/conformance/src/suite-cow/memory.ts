/** Kinds of private anonymous memory, and the steps that bring a process to have one. */
import type { ScenarioBuilder } from '@cowlab/scenario';

/** What the kernel meets at a fault: entries of small pages, of parts of a THP, of swap, or one entry for the whole. */
export type Entries = 'small' | 'swapped' | 'parts' | 'pmd' | 'hugetlb';

export interface Memory {
  readonly id: string;
  readonly title: string;
  readonly entries: Entries;
  /** Pages from 0 on that a case works on. */
  readonly nr: number;
  /** Those of them that are written and looked at: the first and the last. */
  readonly pages: readonly number[];
  /** P0 has it at region 0 afterwards, each of `pages` holding BEFORE. */
  readonly setUp: (s: ScenarioBuilder) => ScenarioBuilder;
}

export const P = 0;
export const CHILD = 1;
export const R = 0;
export const BEFORE = 1;
export const AFTER = 2;
/** 4 KiB pages in a huge page. */
export const HUGE = 512;

export function writeAll(
  s: ScenarioBuilder,
  { pages }: Pick<Memory, 'pages'>,
  p: number,
  value: number,
): ScenarioBuilder {
  return pages.reduce((now, page) => now.write(p, R, page, value), s);
}

export function readAll(s: ScenarioBuilder, { pages }: Pick<Memory, 'pages'>, p: number): ScenarioBuilder {
  return pages.reduce((now, page) => now.read(p, R, page), s);
}

const WHOLE = { nr: HUGE, pages: [0, HUGE - 1] };
const ONE = { nr: 1, pages: [0] };
const small = (s: ScenarioBuilder): ScenarioBuilder => writeAll(s.mmap(P, R, 'anon', 1), ONE, P, BEFORE);
const thp = (s: ScenarioBuilder): ScenarioBuilder => writeAll(s.mmap(P, R, 'thp', HUGE), WHOLE, P, BEFORE);

export const ANON: readonly Memory[] = [
  { id: 'small', title: 'a small page', entries: 'small', ...ONE, setUp: small },
  { id: 'swapped', title: 'a small page that was swapped out', entries: 'swapped', ...ONE,
    setUp: (s) => small(s).swapout(P, R, 0, 1) },
  { id: 'thp', title: 'a PMD-mapped THP', entries: 'pmd', ...WHOLE, setUp: thp },
  {
    id: 'thp-ptes',
    title: 'a PTE-mapped THP',
    entries: 'parts',
    ...WHOLE,
    // One sub-page read-only for a while: the PMD is split for it and stays split.
    setUp: (s) => thp(s).mprotect(P, R, 1, 1, 'r').mprotect(P, R, 1, 1, 'rw'),
  },
  { id: 'thp-one-pte', title: 'the only page left of a THP', entries: 'parts', ...ONE,
    setUp: (s) => thp(s).madvise(P, R, 1, HUGE - 1, 'dontneed') },
  { id: 'thp-half', title: 'the half that mremap() left of a THP', entries: 'parts', nr: HUGE / 2,
    pages: [0, HUGE / 2 - 1],
    setUp: (s) =>
      s.mmap(P, R, 'thp', HUGE).write(P, R, 0, BEFORE).write(P, R, HUGE / 2 - 1, BEFORE).mremap(P, R, HUGE / 2) },
  { id: 'thp-partly-shared', title: 'a THP of which one page was shared with a child that is gone', entries: 'parts',
    ...WHOLE,
    setUp: (s) =>
      thp(s).madvise(P, R, 1, HUGE - 1, 'dontfork').fork(P, CHILD + 1).exit(CHILD + 1).madvise(P, R, 1, HUGE - 1,
        'dofork') },
  { id: 'hugetlb', title: 'a hugetlb page', entries: 'hugetlb', ...WHOLE,
    setUp: (s) => writeAll(s.mmap(P, R, 'huge', HUGE), WHOLE, P, BEFORE) },
];
