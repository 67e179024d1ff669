/**
 * The mappings of one mm as a recording tells of them: a sorted list, cut and joined as mmap(), munmap() and
 * mprotect() do.
 */
import type { Prot } from '../calls/memory-call.ts';

/** Page numbers; `end` is past the last. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly prot: Prot;
  readonly shared: boolean;
  /** Number of the file behind it; null if anonymous. */
  readonly file: number | null;
  /** Page of the file that `start` shows. */
  readonly pgoff: number;
  /** fork() leaves it out. */
  readonly dontfork: boolean;
  /** Some private page of it was written: since then fork() copies its entries. @kernel mm/memory.c vma_needs_copy() */
  hasAnon: boolean;
}

export class Regions {
  private list: Region[];

  constructor(list: readonly Region[] = []) {
    this.list = [...list];
  }

  get all(): readonly Region[] {
    return this.list;
  }

  find(vpn: number): Region | undefined {
    const region = this.list[this.indexFrom(vpn)];
    return region !== undefined && region.start <= vpn ? region : undefined;
  }

  /** First page above `vpn` that is mapped; Infinity for none. */
  nextStart(vpn: number): number {
    return this.list[this.indexFrom(vpn)]?.start ?? Infinity;
  }

  /** Map, over whatever is there. */
  map(region: Region): void {
    this.unmap(region.start, region.end);
    this.list.splice(this.indexFrom(region.start), 0, region);
  }

  unmap(start: number, end: number): Region[] {
    return this.cut(start, end, () => null);
  }

  /** Replace what lies in [start, end). */
  change(start: number, end: number, change: (region: Region) => Region): void {
    this.cut(start, end, change);
  }

  /** Pages of [start, end) that nothing is mapped at, as ranges. */
  holes(start: number, end: number): { start: number; end: number }[] {
    const holes: { start: number; end: number }[] = [];
    let at = start;
    for (let i = this.indexFrom(start); i < this.list.length && this.list[i].start < end; i++) {
      if (this.list[i].start > at) holes.push({ start: at, end: this.list[i].start });
      at = this.list[i].end;
    }
    if (at < end) holes.push({ start: at, end });
    return holes;
  }

  private cut(start: number, end: number, fate: (region: Region) => Region | null): Region[] {
    const first = this.indexFrom(start);
    let last = first;
    const kept: Region[] = [];
    const inside: Region[] = [];
    for (; last < this.list.length && this.list[last].start < end; last++) {
      const region = this.list[last];
      if (region.start < start) kept.push(part(region, region.start, start));
      const middle = part(region, Math.max(region.start, start), Math.min(region.end, end));
      inside.push(middle);
      const changed = fate(middle);
      if (changed !== null) kept.push(changed);
      if (region.end > end) kept.push(part(region, end, region.end));
    }
    this.list.splice(first, last - first, ...kept);
    return inside;
  }

  /** Index of the first region that ends after `vpn`. */
  private indexFrom(vpn: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.list[middle].end > vpn) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function part(region: Region, start: number, end: number): Region {
  return { ...region, start, end, pgoff: region.pgoff + start - region.start };
}
