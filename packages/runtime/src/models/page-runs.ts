/** The entries of an mm as runs, read straight from its page tables: holes cost nothing, however large. */

import { inspectPage, MM, PFN_UNIT, type World } from '@cowlab/core';

/**
 * Entries that follow each other and differ in nothing but the frame, which counts up with them. Never crosses a page
 * table.
 */
export interface LeafRun {
  readonly vpn: number;
  /** Base pages. */
  readonly nr: number;
  readonly state: 'mapped' | 'zero' | 'swapped';
  /** First frame; -1 for pages that are swapped out. The zero page is frame 0 throughout. */
  readonly pfn: number;
  /** 0 PTE, 1 PMD (a huge page), 2 PUD. */
  readonly level: number;
  /** Of the entries: whether a store goes through without a fault. */
  readonly writable: boolean;
  readonly young: boolean;
  readonly dirty: boolean;
}

/** Those of [start, end), in address order. */
export function* leafRuns(world: World, mm: number, start: number, end: number): Generator<LeafRun, void, undefined> {
  const { tables, mms } = world;
  const root = mms.get(mm, MM.PGD);
  if (root < 0) return;
  for (let vpn = start; vpn < end;) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return;
    const next = tables.spanEnd(Math.max(level, 1), vpn, end);
    const slot = tables.slot(root, level, vpn);
    // A walk that ends above the PTEs found nothing, or a leaf.
    if (level === 0) yield* pteRuns(world, mm, slot, vpn, next - vpn);
    else if (tables.a[slot] !== 0) yield leafRun(world, mm, vpn, next - vpn);
    vpn = next;
  }
}

function* pteRuns(
  world: World,
  mm: number,
  slot: number,
  vpn: number,
  nr: number,
): Generator<LeafRun, void, undefined> {
  const { a } = world.tables;
  for (let i = 0; i < nr;) {
    if (a[slot + i] === 0) {
      i++;
      continue;
    }
    const head = leafRun(world, mm, vpn + i, 1);
    // Swap slots next to each other are a run to nobody; entries of the zero page all name the same frame.
    const most = head.state === 'swapped' ? 1 : nr - i;
    const unit = head.state === 'zero' ? 0 : PFN_UNIT;
    let length = 1;
    while (length < most && a[slot + i + length] === ((a[slot + i] + unit * length) | 0)) length++;
    yield { ...head, nr: length };
    i += length;
  }
}

function leafRun(world: World, mm: number, vpn: number, nr: number): LeafRun {
  const { present, zero, pfn, level, writable, young, dirty } = inspectPage(world, mm, vpn);
  return { vpn, nr, state: present ? (zero ? 'zero' : 'mapped') : 'swapped', pfn, level: Math.max(level, 0), writable,
    young, dirty };
}
