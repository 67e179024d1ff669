/**
 * Records of a few words each in memory that all threads share, and a table through which each is found again. Who
 * finds a free place of the table puts the record there by one compare-and-exchange; who comes second compares. A
 * record is kept whole: two are one only if all their words are.
 */
import { hashOf } from '../search/space.ts';

/** Why a thread cannot go on before others have done something. */
export class Stop extends Error {
  constructor(readonly what: Hindrance) {
    super(what.kind);
  }
}

export type Hindrance =
  /** Somebody has to run a step that nobody has run yet. */
  | { readonly kind: 'learn'; readonly actor: number; readonly place: number; readonly values: Int32Array }
  /** A store buffer that has no number yet. */
  | { readonly kind: 'buffer'; readonly stores: readonly number[] }
  | { readonly kind: 'room' }
  | { readonly kind: 'late' };

/** A thread takes places for so many records at a time. */
const CHUNK_BITS = 7;
const CHUNK = 1 << CHUNK_BITS;
/** So full may a table be, and by so much it grows: with 8 bytes a record and 4 a place never over 16 together. */
const LOAD = 0.8;
const GROWTH = 1.35;
/** In `control`: places given out; length of the table. */
const GIVEN = 0;
const SIZE = 1;

export interface TableMemory {
  readonly pool: Int32Array;
  readonly slots: Int32Array;
  /** Of each chunk, how many of its records are there. */
  readonly fills: Int32Array;
  readonly control: Int32Array;
}

export const shared = (words: number): Int32Array => new Int32Array(new SharedArrayBuffer(words * 4));

function memoryFor(width: number, records: number): TableMemory {
  const chunks = Math.ceil(records / CHUNK);
  const memory = { pool: shared(chunks * CHUNK * width), slots: shared(Math.ceil((chunks * CHUNK) / LOAD) + 1),
    fills: shared(chunks), control: shared(2) };
  memory.control[SIZE] = memory.slots.length;
  return memory;
}

/** Of the machine's: what may be used of them. */
export const bytesOf = ({ pool, slots, fills }: TableMemory): number => 4 * (pool.length + slots.length + fills.length);

export class SharedTable {
  private at = 0;
  private end = 0;

  /** A place holds the number of a record + 1 and, in the bits that this leaves free, some of the record's hash. */
  private tagMask = 0;
  private tagShift = 0;
  private held: TableMemory;

  constructor(readonly width: number, memory: TableMemory) {
    this.held = memory;
    this.memory = memory;
  }

  get memory(): TableMemory {
    return this.held;
  }

  set memory(memory: TableMemory) {
    this.held = memory;
    this.tagShift = 32 - Math.clz32(memory.fills.length * CHUNK);
    this.tagMask = this.tagShift > 31 ? 0 : -1 << this.tagShift;
  }

  static for(width: number, records: number): SharedTable {
    return new SharedTable(width, memoryFor(width, records));
  }

  /** Places given out; some of them may be empty for good. */
  get given(): number {
    return Atomics.load(this.memory.control, GIVEN);
  }

  /** Of records that are there, and of the table. */
  get bytes(): number {
    return 4 * (this.given * this.width + this.memory.slots.length + this.memory.fills.length);
  }

  /** Records that have places. */
  get room(): number {
    return this.memory.fills.length * CHUNK;
  }

  /** Number of a record if it is new, or -1 - number where it was known. @throws Stop where there is no room */
  keep(from: Int32Array, base: number): number {
    const { width, memory: { pool, slots, fills } } = this;
    const { length } = slots;
    const hash = hashOf(from, base, width);
    const tag = (hash << this.tagShift) & this.tagMask;
    let slot = placeOf(hash, length);
    for (;;) {
      let known = Atomics.load(slots, slot);
      if (known === 0) {
        if (this.at === this.end) this.takeChunk();
        const own = this.at * width;
        for (let i = 0; i < width; i++) pool[own + i] = from[base + i];
        known = Atomics.compareExchange(slots, slot, 0, tag | (this.at + 1));
        if (known === 0) {
          // The chunk is this thread's alone.
          fills[this.at >>> CHUNK_BITS]++;
          return this.at++;
        }
      }
      if ((known & this.tagMask) === tag) {
        const record = (known & ~this.tagMask) - 1;
        const there = record * width;
        let i = 0;
        while (i < width && pool[there + i] === from[base + i]) i++;
        if (i === width) return -1 - record;
      }
      if (++slot === length) slot = 0;
    }
  }

  private takeChunk(): void {
    const at = Atomics.add(this.memory.control, GIVEN, CHUNK);
    if (at + CHUNK > this.room) {
      Atomics.sub(this.memory.control, GIVEN, CHUNK);
      throw new Stop({ kind: 'room' });
    }
    this.at = at;
    this.end = at + CHUNK;
  }

  /** What is kept from now on has greater numbers than what has been. */
  leaveChunk(): void {
    this.at = this.end = 0;
  }

  roomAfter(more: number): number {
    return Math.ceil(Math.max(this.room * GROWTH, this.given + more));
  }

  /** With room for so many more records; the table has to be filled again. */
  grown(more: number): TableMemory {
    const { width, memory } = this;
    const larger = memoryFor(width, this.roomAfter(more));
    larger.pool.set(memory.pool);
    larger.fills.set(memory.fills);
    larger.control[GIVEN] = memory.control[GIVEN];
    return larger;
  }

  /** This thread's part of the work after the table has grown. */
  fill(part: number, parts: number): void {
    const { width, memory: { pool, slots, fills } } = this;
    const { length } = slots;
    const chunks = Math.ceil(this.given / CHUNK);
    for (let chunk = part; chunk < chunks; chunk += parts) {
      for (let record = chunk * CHUNK, end = record + fills[chunk]; record < end; record++) {
        const hash = hashOf(pool, record * width, width);
        const held = ((hash << this.tagShift) & this.tagMask) | (record + 1);
        let slot = placeOf(hash, length);
        while (Atomics.compareExchange(slots, slot, 0, held) !== 0) if (++slot === length) slot = 0;
      }
    }
  }
}

/** Where in a table of that length a record is looked for first. */
const placeOf = (hash: number, length: number): number => Math.floor((hash >>> 0) * (length * 2 ** -32));
