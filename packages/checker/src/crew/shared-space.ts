/**
 * States that all threads share. A state is two numbers of 32 bits: of its first half and of its second half, each of
 * which is kept once. Nothing is hashed away: the halves and the pair are compared word by word.
 */
import { Space } from '../search/space.ts';
import { bytesOf, SharedTable, type TableMemory } from './shared-table.ts';

export interface SpaceMemory {
  readonly pairs: TableMemory;
  readonly first: TableMemory;
  readonly second: TableMemory;
}

/** Rows of the space itself, which is private: the state at hand, and the one that is drafted after it. */
const AT_HAND = 0;
const DRAFT = 1;

export class SharedSpace extends Space {
  readonly pairs: SharedTable;
  readonly first: SharedTable;
  readonly second: SharedTable;
  private readonly pair = new Int32Array(2);
  private firstAtHand = 0;
  private secondAtHand = 0;

  /** `parts`: in which half each field is. */
  constructor(sizes: readonly number[], parts: readonly number[], memory?: SpaceMemory) {
    super(sizes, 2, parts);
    const rest = Math.max(1, this.words - this.split);
    if (this.pool.length < 4 * this.words + 2) this.pool = new Int32Array(4 * this.words + 2);
    this.pairs = memory === undefined ? SharedTable.for(2, ROOM) : new SharedTable(2, memory.pairs);
    this.first = memory === undefined
      ? SharedTable.for(Math.max(1, this.split), ROOM)
      : new SharedTable(Math.max(1, this.split), memory.first);
    this.second = memory === undefined ? SharedTable.for(rest, ROOM) : new SharedTable(rest, memory.second);
    this.count = DRAFT;
  }

  get tables(): readonly SharedTable[] {
    return [this.pairs, this.first, this.second];
  }

  get memory(): SpaceMemory {
    return { pairs: this.pairs.memory, first: this.first.memory, second: this.second.memory };
  }

  set memory({ pairs, first, second }: SpaceMemory) {
    this.pairs.memory = pairs;
    this.first.memory = first;
    this.second.memory = second;
  }

  override get bytes(): number {
    return this.tables.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get reserved(): number {
    return this.tables.reduce((sum, { memory }) => sum + bytesOf(memory), 0);
  }

  /** Makes a state the one at hand, number 0 for whoever asks this space. */
  take(state: number): void {
    const { pool, words, split, pairs, first, second } = this;
    const halves = pairs.memory.pool;
    this.firstAtHand = halves[2 * state];
    this.secondAtHand = halves[2 * state + 1];
    const one = first.memory.pool;
    for (let i = 0, from = this.firstAtHand * first.width; i < split; i++) pool[i] = one[from + i];
    const other = second.memory.pool;
    for (let i = split, from = this.secondAtHand * second.width - split; i < words; i++) pool[i] = other[from + i];
  }

  override draft(state: number): void {
    const { pool, words } = this;
    if (state < 0) pool.fill(0, words, 2 * words);
    else for (let i = 0; i < words; i++) pool[words + i] = pool[AT_HAND + i];
  }

  /** The number of a new state, or -1 - number of one that is known. @throws Stop */
  override keep(): number {
    const { pool, words, split, pair } = this;
    let i = 0;
    while (i < split && pool[i] === pool[words + i]) i++;
    pair[0] = i === split ? this.firstAtHand : numberOf(this.first.keep(pool, words));
    i = split;
    while (i < words && pool[i] === pool[words + i]) i++;
    pair[1] = i === words ? this.secondAtHand : numberOf(this.second.keep(pool, words + split));
    return this.pairs.keep(pair, 0);
  }

  /** The first state: nothing is at hand that it could be like. */
  keepFirst(): number {
    this.draft(-1);
    this.pair[0] = numberOf(this.first.keep(this.pool, this.words));
    this.pair[1] = numberOf(this.second.keep(this.pool, this.words + this.split));
    return this.pairs.keep(this.pair, 0);
  }
}

/** Of records, to begin with. */
const ROOM = 1 << 14;

export const numberOf = (kept: number): number => (kept < 0 ? -1 - kept : kept);
