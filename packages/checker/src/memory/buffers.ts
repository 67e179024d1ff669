/**
 * Store buffers of x86-TSO, numbered: 0 is empty. A buffer is a list of stores (variable, number of value), oldest
 * first.
 */

export class Buffers {
  readonly contents: (readonly number[])[] = [[]];
  protected readonly numbers = new Map<string, number>([['', 0]]);

  append(buffer: number, stores: readonly number[]): number {
    return stores.length === 0 ? buffer : this.number([...this.contents[buffer], ...stores]);
  }

  /** What is left when the oldest store has reached memory. */
  rest(buffer: number): number {
    return this.number(this.contents[buffer].slice(2));
  }

  /** What an actor with this buffer sees in a variable: its own youngest store, or -1 for what memory holds. */
  seen(buffer: number, variable: number): number {
    const stores = this.contents[buffer];
    for (let i = stores.length - 2; i >= 0; i -= 2) if (stores[i] === variable) return stores[i + 1];
    return -1;
  }

  /** Does a store wait to one of the variables that are written (pairs of variable and value)? */
  holdsAny(buffer: number, writes: readonly number[]): boolean {
    for (let i = 0; i < writes.length; i += 2) if (this.seen(buffer, writes[i]) >= 0) return true;
    return false;
  }

  /** The number of a buffer that holds these. */
  number(stores: readonly number[]): number {
    const key = stores.join();
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.contents.push(stores);
    this.numbers.set(key, this.contents.length - 1);
    return this.contents.length - 1;
  }
}
