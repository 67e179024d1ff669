/** Ranges of pages with something known of each: sorted, never overlapping, cut where a call cuts them. */

export interface Interval<T> {
  readonly start: number;
  /** Past the last. */
  readonly end: number;
  readonly value: T;
}

export class Intervals<T> {
  constructor(private list: Interval<T>[] = []) {}

  get all(): readonly Interval<T>[] {
    return this.list;
  }

  copy(keep: (value: T) => boolean): Intervals<T> {
    return new Intervals(this.list.filter(({ value }) => keep(value)));
  }

  /** What lies in [start, end), each cut to it. */
  within(start: number, end: number): Interval<T>[] {
    const found: Interval<T>[] = [];
    for (let at = this.indexFrom(start); at < this.list.length && this.list[at].start < end; at++) {
      const one = this.list[at];
      found.push({ ...one, start: Math.max(start, one.start), end: Math.min(end, one.end) });
    }
    return found;
  }

  at(page: number): T | undefined {
    return this.within(page, page + 1)[0]?.value;
  }

  /** Parts of [start, end) of which nothing is known. */
  gaps(start: number, end: number): { readonly start: number; readonly end: number }[] {
    const gaps: { start: number; end: number }[] = [];
    let at = start;
    for (const one of this.within(start, end)) {
      if (one.start > at) gaps.push({ start: at, end: one.start });
      at = one.end;
    }
    if (at < end) gaps.push({ start: at, end });
    return gaps;
  }

  set(start: number, end: number, value: T): void {
    this.splice(start, end, [{ start, end, value }]);
  }

  clear(start: number, end: number): void {
    this.splice(start, end, []);
  }

  change(start: number, end: number, change: (value: T) => T): void {
    this.splice(start, end, this.within(start, end).map((one) => ({ ...one, value: change(one.value) })));
  }

  private splice(start: number, end: number, put: readonly Interval<T>[]): void {
    if (end <= start) return;
    const first = this.indexFrom(start);
    let last = first;
    const kept: Interval<T>[] = [];
    const behind: Interval<T>[] = [];
    for (; last < this.list.length && this.list[last].start < end; last++) {
      const one = this.list[last];
      if (one.start < start) kept.push({ ...one, end: start });
      if (one.end > end) behind.push({ ...one, start: end });
    }
    this.list.splice(first, last - first, ...kept, ...put, ...behind);
  }

  /** Index of the first that ends after `page`. */
  private indexFrom(page: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.list[middle].end > page) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
