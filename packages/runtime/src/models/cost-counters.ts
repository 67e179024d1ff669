/** What is counted of a log, in the things that cost. */

/** Faults served, whoever asked: a CPU, get_user_pages(), mlock(). */
export interface FaultCounts {
  readonly anon: number;
  readonly zero: number;
  /** One per fault, not per page that fault-around maps with it. */
  readonly file: number;
  /** A page was copied. */
  readonly cow: number;
  /** The page was kept. */
  readonly reuse: number;
  readonly swapIn: number;
  readonly thp: number;
  readonly hugetlb: number;
}

/** Pages are base pages unless the name says otherwise. */
export interface CostCounters {
  /** Entries that fork() handled: one for a whole huge page. */
  readonly ptesVisited: number;
  readonly pagesShared: number;
  readonly pagesCopiedAtFork: number;
  /** Small pages; the zero page and private file pages count too. */
  readonly pagesCopiedOnWrite: number;
  readonly pagesReused: number;
  /** Huge pages, at fork() and on write. */
  readonly hugePagesCopied: number;
  readonly pmdsSplit: number;
  readonly pageTablesAllocated: number;
  readonly pagesPinned: number;
  readonly bytesCopied: number;
  readonly syscalls: number;
  readonly faults: FaultCounts;
  readonly forks: { readonly count: number; readonly failed: number };
}

export const NO_COSTS: CostCounters = Object.freeze<CostCounters>({ ptesVisited: 0, pagesShared: 0,
  pagesCopiedAtFork: 0, pagesCopiedOnWrite: 0, pagesReused: 0, hugePagesCopied: 0, pmdsSplit: 0, pageTablesAllocated: 0,
  pagesPinned: 0, bytesCopied: 0, syscalls: 0,
  faults: Object.freeze({ anon: 0, zero: 0, file: 0, cow: 0, reuse: 0, swapIn: 0, thp: 0, hugetlb: 0 }),
  forks: Object.freeze({ count: 0, failed: 0 }) });
