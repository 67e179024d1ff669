/**
 * Three answers to fork() with pinned pages, for more and more pinned pages, in small pages and in THPs. Each cell is a
 * program of its own: touch the memory, pin a part of it, fork, write the pinned part again.
 */
import { compareScenario, type LaneReport } from '@cowlab/experiments/compare';
import { type Lane, resolveLanes } from '@cowlab/composition';
import { openCatalogue } from '@cowlab/composition/node';
import { parseScenario, type Scenario } from '@cowlab/scenario';

export const PAGES = 1024;
export const PINNED = [0, 1, 256, PAGES];
export const KINDS = ['anon', 'thp'] as const;
export const LANES = 'naive-cow=linux-5.7,dontfork=linux-5.7+madv-dontfork:pins=true,early-cow=linux-5.9';

const PAGE_BYTES = 4096;

export interface Cell {
  readonly kind: string;
  readonly pinned: number;
  readonly lane: string;
  /** Entries of page tables that fork() looks at. */
  readonly ptesVisited: number;
  readonly copiedAtFork: number;
  /** Those that fork() copies, and those that the writes after it copy. */
  readonly copiedInAll: number;
  /** Pinned pages that the program no longer sees. */
  readonly lost: number;
}

export async function sweep(): Promise<readonly Cell[]> {
  const lanes = await resolveLanes(LANES, await openCatalogue({ cwd: process.cwd() }));
  return KINDS.flatMap((kind) => PINNED.flatMap((pinned) => cellsOf(kind, pinned, lanes)));
}

function cellsOf(kind: string, pinned: number, lanes: readonly Lane[]): Cell[] {
  return compareScenario(programOf(kind, pinned), lanes).lanes.map(({ lane, costs, pagesCopiedAtFork, pins }) => ({
    kind,
    pinned,
    lane,
    ptesVisited: costs.ptesVisited,
    copiedAtFork: pagesCopiedAtFork,
    copiedInAll: costs.bytesCopied / PAGE_BYTES,
    lost: lostOf(pins),
  }));
}

function programOf(kind: string, pinned: number): Scenario {
  return parseScenario([
    'question What do pinned pages cost fork()?',
    `mmap 0 0 ${kind} ${PAGES}`,
    // mlock() touches every page as a write would.
    `mlock 0 0 0 ${PAGES}`,
    `munlock 0 0 0 ${PAGES}`,
    ...(pinned === 0 ? [] : [`pin 0 0 0 0 ${pinned}`]),
    'fork 0 1',
    ...Array.from({ length: pinned }, (_, page) => `write 0 0 ${page} 2`),
  ].join('\n'), `${kind}, ${pinned} pinned`);
}

function lostOf(pins: LaneReport['pins']): number {
  return pins.flatMap(({ pages }) => pages).filter(({ state }) => state !== 'coherent').length;
}
