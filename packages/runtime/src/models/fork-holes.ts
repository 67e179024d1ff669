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
    let holes: readonly Range[] = [...inspectMm(this.world, parent).vmas, ...(this.holes.get(parent) ?? [])];
    for (const vma of inspectMm(this.world, child).vmas) holes = without(holes, vma);
    if (holes.length > 0) this.holes.set(child, holes.map(({ start, end }) => ({ start, end })));
  }
}

function without(ranges: readonly Range[], cut: Range): readonly Range[] {
  return ranges.flatMap(({ start, end }) => (cut.end <= start || end <= cut.start
    ? [{ start, end }]
    : [{ start, end: cut.start }, { start: cut.end, end }].filter((left) => left.start < left.end))
  );
}
