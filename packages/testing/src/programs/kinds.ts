/** What random programs choose from, the plainest first: shrinking goes that way. */

import { type Advice, type Command, FOLL_FORCE, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS,
  MAP_HUGETLB, MAP_LOCKED, MAP_PRIVATE, MAP_SHARED, PROT_NONE, PROT_READ, PROT_WRITE } from '@cowlab/core';

/** What a seed asks for, and how often; the plainest first, because shrinking goes that way. */
export const SEED_WEIGHTS = { Store: 12, Load: 8, Mmap: 9, Fork: 7, Pin: 9, Unpin: 4, DeviceStore: 4, DeviceLoad: 2,
  Madvise: 6, Mprotect: 4, Munmap: 3, Exit: 3, Reclaim: 4, Mremap: 3, RemoteStore: 2, RemoteLoad: 2, Mlock: 2, Brk: 2,
  CloneVm: 2, Execve: 1, Spawn: 1, CreateFile: 1, SetPool: 1, KsmMerge: 2, Migrate: 2, Collapse: 2,
  SetFolios: 1 } as const satisfies Partial<Record<Command['type'], number>>;

export const DAX_FILE = 5;

export const ADVICES: readonly Advice[] = ['dontfork', 'dofork', 'dontneed', 'wipeonfork', 'keeponfork', 'hugepage',
  'nohugepage', 'free', 'mergeable', 'unmergeable', 'willneed', 'normal', 'cold', 'invalid', 'guard', 'unguard'];
export const PINS = [FOLL_PIN | FOLL_WRITE | FOLL_LONGTERM, FOLL_PIN | FOLL_LONGTERM, FOLL_PIN | FOLL_WRITE, FOLL_PIN,
  FOLL_GET, FOLL_GET | FOLL_WRITE, FOLL_PIN | FOLL_WRITE | FOLL_FORCE, FOLL_GET | FOLL_PIN, FOLL_GET | FOLL_LONGTERM,
  0];
export const RW = PROT_READ | PROT_WRITE;
export const PROTS = [RW, PROT_READ, RW, PROT_NONE, PROT_WRITE];

/** A way to map memory. `huge`: in whole huge pages; `dax`: device memory, by PUD where it fits. */
export type Kind = Readonly<
  { flags: number; file?: number; huge?: 'thp' | 'hugetlb'; dax?: boolean; prot?: number; readOnlyFile?: boolean }
>;
const ANON: Kind = { flags: MAP_PRIVATE | MAP_ANONYMOUS };
const THP: Kind = { ...ANON, huge: 'thp' };
const HUGETLB: Kind = { flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, huge: 'hugetlb' };
/** Some more than once: they are the ones that fork() has most to do with. */
export const KINDS: readonly Kind[] = [ANON, THP, ANON, HUGETLB, ANON, THP, HUGETLB, THP, {
  flags: MAP_SHARED | MAP_ANONYMOUS,
}, { flags: MAP_PRIVATE, file: 1 }, { flags: MAP_SHARED, file: 1 }, { flags: MAP_PRIVATE, file: 2 }, {
  flags: MAP_SHARED,
  file: 2,
}, { flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED }, { flags: MAP_SHARED, file: 2, prot: PROT_READ,
  readOnlyFile: true }, { flags: MAP_PRIVATE, file: DAX_FILE, dax: true }, { flags: MAP_SHARED, file: DAX_FILE,
  dax: true }];
