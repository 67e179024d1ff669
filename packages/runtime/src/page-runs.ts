/** The entries of an mm as runs, read straight from its page tables: holes cost nothing, however large. */

import type { World } from '@cowlab/core';
import { isPresent, isSpecial, isSwap, isWritable, MM, pfnOf, PTE_DIRTY, PTE_YOUNG } from './core-shim.ts';

/** Entries that follow each other and differ in nothing but the frame, which counts up with them. Never crosses a page table. */
export interface LeafRun {
  readonly vpn: number;
  nr: number;
  /** First frame; of a swapped-out page its slot. The zero page is frame 0 throughout. */
  readonly pfn: number;
  /** 0 PTE, 1 PMD, 2 PUD. */
  readonly level: number;
  readonly present: boolean;
  readonly swapped: boolean;
  readonly zero: boolean;
  readonly writable: boolean;
  readonly young: boolean;
  readonly dirty: boolean;
}

/** Those of [start, end), in address order. */
export function* leafRuns(world: World, mm: number, start: number, end: number): Generator<LeafRun, void, undefined> {
  const { tables, mms } = world;
  const root = mms.get(mm, MM.PGD);
  if (root < 0) return;
  for (let vpn = start; vpn < end; ) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return;
    const next = tables.spanEnd(Math.max(level, 1), vpn, end);
    const slot = tables.slot(root, level, vpn);
    if (level > 0) {
      const entry = tables.a[slot];
      // A walk that ends above the PTEs found nothing, or a leaf.
      if (entry !== 0) yield leafRun(entry, vpn, next - vpn, level, vpn % tables.span(level));
    } else yield* pteRuns(tables.a, slot, vpn, next - vpn);
    vpn = next;
  }
}

function* pteRuns(a: Int32Array, slot: number, vpn: number, nr: number): Generator<LeafRun, void, undefined> {
  for (let i = 0; i < nr; ) {
    const first = a[slot + i];
    if (first === 0) {
      i++;
      continue;
    }
    const run = leafRun(first, vpn + i, 1, 0, 0);
    // Neighbours of swap slots are no run to anybody; those of the zero page are all the same frame.
    const unit = run.zero ? 0 : FRAME;
    while (!run.swapped && i + run.nr < nr && a[slot + i + run.nr] === ((first + unit * run.nr) | 0)) run.nr++;
    yield run;
    i += run.nr;
  }
}

/** What one frame further means for an entry. */
const FRAME = 256;

function leafRun(entry: number, vpn: number, nr: number, level: number, into: number): LeafRun {
  const present = isPresent(entry);
  const zero = present && isSpecial(entry);
  return {
    vpn, nr, level, present, swapped: isSwap(entry), zero, pfn: pfnOf(entry) + (zero ? 0 : into), writable: present && isWritable(entry),
    young: present && (entry & PTE_YOUNG) !== 0, dirty: present && (entry & PTE_DIRTY) !== 0,
  };
}
