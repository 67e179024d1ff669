/** Operands that are words, each with what it means. In the order in which error texts list them. */

import type { Allocation, FailTimes } from '@cowlab/core';

/** Of a region. */
export const KINDS = {
  anon: 'private anonymous memory, fresh at every mmap',
  shanon: 'shared anonymous memory, fresh at every mmap',
  file: "private, of the memfd of the region's number; its 16 pages hold 0x80, 0x81, ...",
  huge: 'hugetlb pages, 512 pages each, from the pool',
  thp: 'anonymous memory that asks for transparent huge pages, 512 pages each',
  sharedfile: 'shared, of the same memfd as file',
  rofile: 'private and read-only, of the same memfd as file',
  dax: 'private, of device memory of 262,144 pages; mapped whole, a load maps all of it by one huge PUD',
} as const;

export const PROTS = {
  none: 'no access',
  r: 'loads only',
  rw: 'loads and stores',
} as const;

export const ADVICES = {
  dontfork: 'fork() leaves the range out: the child has a hole there',
  dofork: 'the end of dontfork',
  wipeonfork: 'the child finds zeroes there',
  keeponfork: 'the end of wipeonfork',
  dontneed: 'what is there is thrown away; the next load finds zeroes or the file',
  hugepage: 'huge pages are welcome',
  nohugepage: 'no huge pages from now on',
  guard: 'nobody may touch the pages any more, nor may a child: SIGSEGV',
  unguard: 'the end of guard; what was there before is gone',
  cold: 'what is there is reclaimed before other memory is; a part of a huge page is split off for that',
  free: 'what is there may be thrown away when memory is short, unless it is written to again',
  collapse: 'one huge page is made of the small ones of each aligned 512',
  mergeable: 'ksmd may make one page of those that hold the same',
  unmergeable: 'the end of mergeable; every page that ksmd made is copied',
} as const;

/** What can be made to fail. */
export const ALLOCATED = {
  mm: 'the mm of a child',
  vma: 'a VMA',
  anon_vma: 'an anon_vma',
  'page-table': 'a page table',
  page: 'a small page, for a fault or a copy',
  'huge-page': 'a THP; small pages take its place',
  'hugetlb-page': 'a page of the hugetlb pool',
  'memcg-charge': 'the charge of any page to a memory cgroup',
  prealloc: "the page for fork()'s early copy of a pinned one",
  'commit-charge': 'the charge of a mapping against the commit limit',
  'swap-continuation': 'room to count one more user of a swap slot',
  'swap-slot': 'a slot in swap',
} as const satisfies Readonly<Record<Allocation, string>>;

export const TIMES = {
  once: 'the next one fails',
  always: 'all fail from now on',
  never: 'none fails any more',
} as const satisfies Readonly<Record<FailTimes, string>>;

/** Of a userfaultfd. */
export const HEIRS = {
  alone: 'children know nothing of it',
  forks: 'children inherit what it watches (UFFD_FEATURE_EVENT_FORK)',
} as const;

/** What a userfaultfd watches for. Who does it gets SIGBUS (UFFD_FEATURE_SIGBUS). */
export const WATCHES = {
  missing: 'touches of pages that are not there',
  stores: 'stores to pages that uffdprotect names',
  both: 'the two',
} as const;

/** What a child of a storm has. */
export const SNAPSHOTS = {
  whole: 'every child has a state of memory that its parent was in',
  'may-tear': 'a child may have a state that its parent never was in (H5)',
} as const;

/** Of a pin. */
export const PIN_STATES = {
  coherent: 'device and owner see the same page everywhere',
  diverged: 'device and owner see different pages; with pages: on exactly these',
} as const;

/** The names of such a table, in its order. */
export function namesIn<Name extends string>(table: Readonly<Record<Name, string>>): readonly Name[] {
  return Object.keys(table) as Name[];
}
