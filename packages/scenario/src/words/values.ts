/** Operands that are words, each with what it means. In the order in which error texts list them. */

/** Of a region. */
export const KINDS = {
  anon: 'private anonymous memory, fresh at every mmap',
  shanon: 'shared anonymous memory, fresh at every mmap',
  file: "private, of the memfd of the region's number; its 16 pages hold 0x80, 0x81, ...",
  huge: 'hugetlb pages, 512 pages each, from the pool',
  thp: 'anonymous memory that asks for transparent huge pages, 512 pages each',
  sharedfile: 'shared, of the same memfd as file',
  rofile: 'private and read-only, of the same memfd as file',
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
  free: 'what is there may be thrown away when memory is short, unless it is written to again',
} as const;

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
