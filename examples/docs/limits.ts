/** What the model does not have, each with words that the languages would have if it were there: they must be refused. */
export interface Limit {
  readonly what: string;
  /** Lines of a `.cow`, or `race: ` and a line of an actor. */
  readonly refused: readonly string[];
}

const SCENARIO_KINDS = ['anon', 'shanon', 'file', 'huge', 'thp', 'sharedfile', 'rofile'];

export const LIMITS: readonly Limit[] = [
  {
    what:
      'Orders, in a scenario: its steps run one after the other. `check` tries every order of a race, under sequential '
      + 'consistency and the store buffers of x86 alone: not yet under the weaker orders of ARM and POWER.',
    refused: ['race: barrier smp_mb', 'together 0 1'],
  },
  {
    what:
      'Of userfaultfd: memory of files and hugetlb, minor faults, UFFDIO_MOVE, asynchronous protection, a handler (what '
      + 'would wait for one is SIGBUS), swap entries that are protected. None of it in a race. Of soft-dirty: '
      + 'what the split of a dirty THP mapping makes soft-dirty from 6.3 on.',
    refused: ['uffd 0 0 0 1 minor', 'uffdmove 0 0 0 1', 'race: uffdprotect 0 0 0 1'],
  },
  { what: 'Bytes. A page has one value, so a half-written buffer cannot show.', refused: ['write 0 0 0 1 17'] },
  { what: 'Shared hugetlb mappings and files on hugetlbfs, 1 GiB hugetlb, large folios in shared memory and in the '
    + 'page cache.', refused: ['mmap 0 0 sharedhuge 512', 'mmap 0 0 mthp 16', 'shmem 64k always'] },
  {
    what:
      'Anything that acts on its own: reclaim, ksmd, khugepaged and migration come when a command asks for them (in a '
      + 'scenario only `swapout` does). No LRU order, no throttling, no writeback to swap devices or files.',
    refused: ['migrate 0 0 0 1', 'ksm 0 0 0 1', 'collapse 0 0 0 1', 'compact'],
  },
  {
    what:
      'The batch in which a CPU keeps the last pages that it faulted in, before they join the LRU: it is empty, as in the '
      + 'recordings. Kernels of 5.9 to 5.17 copy a page that is in it (`page-count-reuse`).',
    refused: ['lrudrain', 'batch 0 0 0 1'],
  },
  {
    what:
      'NUMA, CMA, memory hotplug, memcg and commit limits (the model can make allocations fail one by one instead; a '
      + 'scenario cannot ask for it).',
    refused: ['failalloc 1', 'memcg 0 64'],
  },
  { what: 'Other architectures and page sizes: four levels of 512 entries, 4 KiB pages.', refused: ['pagesize 64k'] },
  { what: 'Time: costs are counts of entries, copies and faults.', refused: ['sleep 1'] },
];

/** What a reader may think is missing and is there. */
export const MODELLED: readonly string[] = [
  ...SCENARIO_KINDS.map((kind, r) => `mmap 0 ${r} ${kind} 512`),
  'swapout 0 0 0 1',
  'storm 0 0 0 1 8',
  'vmsplice 0 0 0 0 1',
  'rpin 0 0 0 0 1',
  'pvread 0 0 0',
  'mremap 0 0 8',
  'clearrefs 0',
  'madvise 0 0 0 1 guard',
  'uffd 0 0 0 1 stores',
  'race: ksm 0 0 0',
  'race: clearrefs 0',
  'race: touch 0 0 0',
  'race: gupfast 0 0 0 0 1',
];
