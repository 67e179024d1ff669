/**
 * States as a few packed words each, in one growing array, found again through an open-addressing table that compares
 * them in full. A field is a number below a power of two: the place of an actor, its store buffer, the value of a
 * variable.
 */

/**
 * A field outgrew its bits, or something new was learnt that needs a field: the states move to a space that has room
 * for it.
 */
export class Outgrown extends Error {}

// Bound once: looking up a global for every word is slow where modules run in a context of their own, as under jest.
const { imul } = Math;

/** What a pass relied on turned out to be incomplete: it has to be made again. */
export class Again extends Error {}

export class Space {
  readonly words: number;
  /** Per field: which word, how far to shift, what mask, how many values fit. */
  readonly at: Int32Array;
  readonly shift: Int32Array;
  readonly mask: Int32Array;
  pool: Int32Array;
  count = 0;
  /** The state it was reached from, and by whom: an actor's number, or that plus FLUSH. */
  parent: Int32Array;
  via: Uint8Array;
  private table: Int32Array;

  /** Words of the fields in the first part; all, unless fields are told apart. */
  readonly split: number;

  /** `parts`: of each field whether it lies in the first part of the words or in the second. */
  constructor(readonly sizes: readonly number[], room = 1 << 12, parts: readonly number[] = []) {
    // A field of one value needs no bits; its second value will not fit.
    const bits = sizes.map((size) => 32 - Math.clz32(size - 1));
    this.at = new Int32Array(sizes.length);
    this.shift = new Int32Array(sizes.length);
    this.mask = new Int32Array(sizes.length);
    // Largest first: no field crosses a word, and small ones fill what is left.
    const order = bits.map((_, field) => field).sort((a, b) => bits[b] - bits[a]);
    order.sort((a, b) => (parts[a] ?? 0) - (parts[b] ?? 0));
    const used: number[] = [];
    let split = 0;
    for (const field of order) {
      const from = (parts[field] ?? 0) === 0 ? 0 : split;
      let word = used.findIndex((taken, at) => at >= from && taken + bits[field] <= 32);
      if (word < 0) word = used.push(0) - 1;
      if ((parts[field] ?? 0) === 0) split = used.length;
      this.at[field] = word;
      this.shift[field] = used[word];
      this.mask[field] = bits[field] === 32 ? -1 : (1 << bits[field]) - 1;
      used[word] += bits[field];
    }
    this.words = used.length;
    this.split = split;
    this.pool = new Int32Array(room * this.words);
    this.parent = new Int32Array(room);
    this.via = new Uint8Array(room);
    // A power of two, for the mask.
    this.table = new Int32Array(1 << (32 - Math.clz32(room * 2 - 1)));
  }

  get(state: number, field: number): number {
    return (this.pool[state * this.words + this.at[field]] >>> this.shift[field]) & this.mask[field];
  }

  /** Write a field of the state after the last one, which `draft` began. */
  set(field: number, value: number): void {
    const mask = this.mask[field];
    // A field that is not there yet has no mask.
    if (!(value <= mask)) throw new Outgrown();
    const word = this.count * this.words + this.at[field];
    const shift = this.shift[field];
    this.pool[word] = (this.pool[word] & ~(mask << shift)) | (value << shift);
  }

  /** Begin a state as a copy of another (-1: all zero). */
  draft(state: number): void {
    const { words } = this;
    if ((this.count + 1) * words > this.pool.length) this.grow();
    const to = this.count * words;
    if (state < 0) this.pool.fill(0, to, to + words);
    else {
      const { pool } = this;
      for (let i = 0, from = state * words; i < words; i++) pool[to + i] = pool[from + i];
    }
  }

  /** Keep the drafted state if it is new. Returns its number, or -1 - number where it was known. */
  keep(parent: number, via: number): number {
    const { pool, words, table } = this;
    const base = this.count * words;
    const last = table.length - 1;
    let slot = hashOf(pool, base, words) & last;
    for (;;) {
      const known = table[slot];
      if (known === 0) break;
      const from = (known - 1) * words;
      let i = 0;
      while (i < words && pool[from + i] === pool[base + i]) i++;
      if (i === words) return -known;
      slot = (slot + 1) & last;
    }
    const number = this.count++;
    table[slot] = number + 1;
    this.parent[number] = parent;
    this.via[number] = via;
    if (this.count * 3 > table.length * 2) this.rehash();
    return number;
  }

  /** The same states with other field sizes; fields that are new hold 0 in all of them. Their numbers stay. */
  moved(sizes: readonly number[]): Space {
    const to = new Space(sizes, Math.max(this.parent.length, 1024));
    for (let state = 0; state < this.count; state++) {
      to.draft(-1);
      for (let field = 0; field < this.sizes.length; field++) {
        const value = this.get(state, field);
        if (value !== 0) to.set(field, value);
      }
      to.keep(this.parent[state], this.via[state]);
    }
    return to;
  }

  get bytes(): number {
    return this.count * (this.words * 4 + 5) + this.table.length * 4;
  }

  private grow(): void {
    const room = Math.max(1024, Math.floor((this.pool.length / this.words) * 1.5));
    const pool = new Int32Array(room * this.words);
    pool.set(this.pool);
    this.pool = pool;
    const parent = new Int32Array(room);
    parent.set(this.parent);
    this.parent = parent;
    const via = new Uint8Array(room);
    via.set(this.via);
    this.via = via;
  }

  private rehash(): void {
    const { pool, words } = this;
    const table = new Int32Array(this.table.length * 2);
    const last = table.length - 1;
    for (let state = 0; state < this.count; state++) {
      let slot = hashOf(pool, state * words, words) & last;
      while (table[slot] !== 0) slot = (slot + 1) & last;
      table[slot] = state + 1;
    }
    this.table = table;
  }
}

/** Of the words of a record. */
export function hashOf(pool: Int32Array, base: number, words: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < words; i++) {
    hash = imul(hash ^ pool[base + i], 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  hash = imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Added to an actor's number: not a step of it, but its oldest store reached memory. */
export const FLUSH = 128;
