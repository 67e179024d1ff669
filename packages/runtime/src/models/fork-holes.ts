/** Where a child has nothing although its parent had memory there when it forked: MADV_DONTFORK, mostly. */

import type { LogEntry } from '@cowlab/core';
import type { WorldView } from '../world-view.ts';
import type { ReadModel } from './read-model.ts';

/** [start, end) in pages. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export class ForkHoles implements ReadModel<ReadonlyMap<number, readonly Range[]>> {
  private readonly holes = new Map<number, readonly Range[]>();

  /** By the mm of the child. */
  get value(): ReadonlyMap<number, readonly Range[]> {
    return this.holes;
  }

  apply(entry: LogEntry, world: WorldView): void {
    for (const event of entry.events) {
      switch (event.type) {
        case 'MmDestroyed':
          this.holes.delete(event.mm);
          break;
        case 'VmaMapped':
        case 'VmaResized':
          // What is mapped there later, and unmapped again, is the child's own business.
          if (this.holes.has(event.mm)) this.holes.set(event.mm, without(this.holes.get(event.mm) ?? [], event));
          break;
        default:
      }
    }
    if (entry.command.type !== 'Fork' || !entry.result.ok) return;
    const made = entry.events.find((event) => event.type === 'MmCreated');
    if (made?.type === 'MmCreated') this.compare(made.from, made.mm, world);
  }

  /** The hole that `vpn` of `mm` lies in, or null. */
  at(mm: number, vpn: number): Range | null {
    return this.holes.get(mm)?.find(({ start, end }) => start <= vpn && vpn < end) ?? null;
  }

  private compare(parent: number, child: number, world: WorldView): void {
    const had: readonly Range[] = [...world.mm(parent).vmas, ...(this.holes.get(parent) ?? [])];
    const holes = withoutAll(had, world.mm(child).vmas);
    if (holes.length > 0) this.holes.set(child, holes);
  }
}

/** `cuts` in ascending order, as the VMAs of an mm are: there may be 65,530 of both. */
function withoutAll(ranges: readonly Range[], cuts: readonly Range[]): Range[] {
  const left: Range[] = [];
  for (const { start, end } of ranges) {
    let from = start;
    for (let at = firstBehind(cuts, start); at < cuts.length && cuts[at].start < end; at++) {
      if (from < cuts[at].start) left.push({ start: from, end: cuts[at].start });
      from = cuts[at].end;
    }
    if (from < end) left.push({ start: from, end });
  }
  return left;
}

/** Index of the first range that ends after `vpn`. */
function firstBehind(ranges: readonly Range[], vpn: number): number {
  let low = 0;
  for (let high = ranges.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (ranges[middle].end <= vpn) low = middle + 1;
    else high = middle;
  }
  return low;
}

function without(ranges: readonly Range[], cut: Range): readonly Range[] {
  return ranges.flatMap(({ start, end }) => (cut.end <= start || end <= cut.start
    ? [{ start, end }]
    : [{ start, end: cut.start }, { start: cut.end, end }].filter((left) => left.start < left.end))
  );
}
