/** Where THPs are had. @kernel Documentation/admin-guide/mm/transhuge.rst transparent_hugepage/enabled */
export type ThpEnabled = 'madvise' | 'always' | 'never';

/** First what a machine has that nobody set. */
export const THP_MODES: readonly ThpEnabled[] = ['madvise', 'always', 'never'];

/** Words of the header section. */
export const HEADER = {
  MAGIC: 0,
  VERSION: 1,
  BITS: 2,
  LEVELS: 3,
  /** Two words (count, lowest maybe-free id) for each record table from here on. */
  RECORDS: 4,
  NODES: 20,
  NODE_FREE: 21,
  HEAP: 22,
  HEAP_FREE: 23, // HEAP_FREE: 24 words, a free list per size class
  PAGES: 47,
  PAGE_HINT: 48,
  ANON_VMAS: 49,
  HUGETLB_FREE: 50,
  HUGETLB_RESERVED: 55,
  PAGES_USED: 51,
  PAGES_PEAK: 52,
  PAGES_LIMIT: 53,
  POLICY_WORDS: 54,
  /** Which of THP_MODES, and orders of folios below that of a THP as bits. */
  THP: 56,
  FOLIOS_ALWAYS: 57,
  FOLIOS_MADVISE: 58,
  FOLIOS_INHERIT: 59,
  /** Kinds of allocations of which the next one fails, and of which all fail: a bit each. */
  FAIL_ONCE: 60,
  FAIL_ALWAYS: 61,
  WORDS: 64,
} as const;
