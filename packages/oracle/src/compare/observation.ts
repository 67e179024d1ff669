/**
 * What is seen from outside after one step of a program, in the words of the recordings: on a real kernel through
 * pagemap, kpagecount and kpageflags, here through the model's tables. Plain data, one to one with a line of a
 * recording.
 */

import type { Program } from '@cowlab/scenario';

/**
 * A watched page of one process: 0 when nothing present maps it, otherwise
 * - its class: the same number is the same page frame, numbered by first appearance; 0 the zero page, -1 the huge one.
 *   A frame that no watched page shows loses its number;
 * - byte 0 as a CPU load sees it, null when the mapping cannot be read;
 * - its mapcount;
 * - letters: `x` mapped exclusively, `f` file or shared, `s` soft-dirty, `u` protected by a userfaultfd, `A` anonymous, `E` PG_anon_exclusive, `T` THP,
 *   `H` hugetlb, `h`/`t` compound head/tail, `K` KSM, `Z` zero page.
 */
export type PageEntry = 0 | readonly [frameClass: number, value: number | null, mapcount: number, flags: string];

/** Process → region → one item for each observed page. */
export type Watched<Item> = Readonly<Record<string, Readonly<Record<string, readonly Item[]>>>>;

export interface Observation {
  /** Index of the step; -1 for the last look, after a faulting load of every observed page. */
  readonly i: number;
  /** fork: the child; read, devread, pvread: the value; vmsplice: bytes; -1 with `err`; else 0. Not in the last one. */
  readonly ret?: number;
  /** errno name, `SIGSEGV` or `SIGBUS`. */
  readonly err?: string;
  /** Of the last one: what each load gave, null for a signal. */
  readonly f?: Watched<number | null>;
  readonly o: Watched<PageEntry>;
  /** Pin slot → page of the region, and what the device sees there. Only observed pages are listed. */
  readonly d?: Readonly<Record<string, readonly (readonly [page: number, value: number])[]>>;
  /** Splice slot → first byte of each page held in the pipe. */
  readonly v?: Readonly<Record<string, readonly number[]>>;
}

/** The recorder looks at this many pages of a region, the first that the program's `watch` line names. */
export const OBSERVED_MAX = 8;

export function observedPages(pages: readonly number[]): readonly number[] {
  return pages.length <= OBSERVED_MAX ? pages : pages.slice(0, OBSERVED_MAX);
}

/** Of memory that nobody asks, kernels say soft-dirty of all of it, if they keep such bits at all. */
export const comparesSoftDirty = ({ steps }: Pick<Program, 'steps'>): boolean =>
  steps.some(({ op }) => op === 'clearrefs')
  && !comparesProtection({ steps });
/** Which pages a userfaultfd protects from stores is looked at where there is one. */
export const comparesProtection = ({ steps }: Pick<Program, 'steps'>): boolean =>
  steps.some(({ op }) => op.startsWith('uffd'));
