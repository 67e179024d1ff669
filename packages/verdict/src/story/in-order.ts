/**
 * Puts calls into the order in which they took effect, while they come in the order in which they ended: what counts at
 * its first line waits for its second, and all that happened in between waits with it.
 */
export class InOrder<Item> {
  /** First lines of calls that are not whole; few, and sorted. */
  private readonly held: number[] = [];
  private readonly waiting: { readonly at: number; readonly item: Item }[] = [];

  constructor(private readonly use: (item: Item) => void) {}

  /** Nothing behind this line is used until it is released. */
  hold(line: number): void {
    insert(this.held, line, (one) => one);
  }

  release(line: number): void {
    const index = this.held.indexOf(line);
    if (index >= 0) this.held.splice(index, 1);
  }

  add(at: number, item: Item): void {
    // What ends late and counts early is used late: nothing rests on its order.
    if (this.waiting.length === 0 && at <= this.barrier) return this.use(item);
    insert(this.waiting, { at, item }, (one) => one.at);
    this.flush();
  }

  flush(): void {
    let nr = 0;
    while (nr < this.waiting.length && this.waiting[nr].at <= this.barrier) this.use(this.waiting[nr++].item);
    if (nr > 0) this.waiting.splice(0, nr);
  }

  private get barrier(): number {
    return this.held.length === 0 ? Infinity : this.held[0];
  }
}

function insert<Item>(list: Item[], item: Item, at: (item: Item) => number): void {
  let index = list.length;
  while (index > 0 && at(list[index - 1]) > at(item)) index--;
  list.splice(index, 0, item);
}
