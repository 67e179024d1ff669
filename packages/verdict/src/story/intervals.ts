/** Ranges of pages with something known of each: sorted, never overlapping, cut where a call cuts them. */

export interface Interval<T> {
  readonly start: number;
  /** Past the last. */
  readonly end: number;
  readonly value: T;
}

/** Whether two neighbours are one to the kernel. */
export type Alike<T> = (before: Interval<T>, after: Interval<T>) => boolean;

export class Intervals<T> {
  /** Neighbours that are alike. */
  private joints = 0;

  constructor(private readonly alike: Alike<T>, private readonly list: Interval<T>[] = []) {
    this.joints = this.jointsIn(0, list.length - 1);
  }

  get all(): readonly Interval<T>[] {
    return this.list;
  }

  /** How many there are if neighbours that are alike count as one. */
  get nrMerged(): number {
    return this.list.length - this.joints;
  }

  copy(keep: (value: T) => boolean): Intervals<T> {
    return new Intervals(this.alike, this.list.filter(({ value }) => keep(value)));
  }

  /** What lies in [start, end), each cut to it. */
  within(start: number, end: number): Interval<T>[] {
    const found: Interval<T>[] = [];
    for (let at = this.indexFrom(start); at < this.list.length && this.list[at].start < end; at++) {
      const one = this.list[at];
      found.push({ start: Math.max(start, one.start), end: Math.min(end, one.end), value: one.value });
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
    for (let index = this.indexFrom(start); index < this.list.length && this.list[index].start < end; index++) {
      const one = this.list[index];
      if (one.start > at) gaps.push({ start: at, end: one.start });
      at = Math.min(end, one.end);
    }
    if (at < end) gaps.push({ start: at, end });
    return gaps;
  }

  set(start: number, end: number, value: T): void {
    if (end > start) this.splice(start, end, [{ start, end, value }]);
  }

  clear(start: number, end: number): void {
    if (end > start) this.splice(start, end, []);
  }

  change(start: number, end: number, change: (value: T) => T): void {
    if (end <= start) return;
    const changed = this.within(start, end);
    for (let nr = 0; nr < changed.length; nr++) {
      const one = changed[nr];
      changed[nr] = { start: one.start, end: one.end, value: change(one.value) };
    }
    this.splice(start, end, changed);
  }

  /** Puts these where [start, end) was; what reaches beyond it is cut. */
  private splice(start: number, end: number, put: Interval<T>[]): void {
    const { list } = this;
    const first = this.indexFrom(start);
    let last = first;
    while (last < list.length && list[last].start < end) last++;
    if (last > first) {
      const [head, tail] = [list[first], list[last - 1]];
      if (head.start < start) put.unshift({ start: head.start, end: start, value: head.value });
      if (tail.end > end) put.push({ start: end, end: tail.end, value: tail.value });
    }
    this.joints -= this.jointsIn(first - 1, last);
    if (put.length === last - first) { for (let nr = 0; nr < put.length; nr++) list[first + nr] = put[nr]; }
    else if (put.length === 0) list.splice(first, last - first);
    else if (put.length === 1) list.splice(first, last - first, put[0]);
    else list.splice(first, last - first, ...put);
    this.joints += this.jointsIn(first - 1, first + put.length);
  }

  /** Between the neighbours from the one of these indices to the other. */
  private jointsIn(from: number, to: number): number {
    const { list } = this;
    let nr = 0;
    for (let at = Math.max(1, from + 1); at <= to && at < list.length; at++)
      if (this.alike(list[at - 1], list[at])) nr++;
    return nr;
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
