/** Where a child has nothing although its parent had memory there when it forked: MADV_DONTFORK, mostly. */

import { inspectMm, type LogEntry, type World } from '@cowlab/core';

/** [start, end) in pages. */
interface Range {
  readonly start: number;
  readonly end: number;
}

export class ForkHoles {
  private readonly holes = new Map<number, readonly Range[]>();

  constructor(private readonly world: World) {}

  add(entry: LogEntry): void {
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
    if (made?.type === 'MmCreated') this.compare(made.from, made.mm);
  }

  /** The hole that `vpn` of `mm` lies in, or null. */
  at(mm: number, vpn: number): Range | null {
    return this.holes.get(mm)?.find(({ start, end }) => start <= vpn && vpn < end) ?? null;
  }

  private compare(parent: number, child: number): void {
    const had: readonly Range[] = [...inspectMm(this.world, parent).vmas, ...(this.holes.get(parent) ?? [])];
    const holes = withoutAll(had, inspectMm(this.world, child).vmas);
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
