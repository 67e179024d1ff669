/**
 * One thread's share of a search that several make, level by level: the states of a level are followed in any order;
 * then what was found is put into the order in which one thread alone would have found it.
 */
import type { Memory } from '../memory/memory.ts';
import { persistent, type Reduction } from '../search/reduce.ts';
import { SearchMoves } from '../search/search-moves.ts';
import { symmetry } from '../search/symmetry.ts';
import { type Hindrance, Stop } from './shared-table.ts';
import { numberOf, SharedSpace, type SpaceMemory } from './shared-space.ts';
import { KnownBuffers, type Snapshot, SnapshotMachine } from './snapshot.ts';

/** In `control`, beside what each thread counts. */
export const GENERATION = 0;
export const COMMAND = 1;
export const DONE = 2;
const CURSOR = 3;
export const STOP = 4;
export const LEVEL_START = 5;
export const LEVEL_SIZE = 6;
/** States that are kept from there on are new in this level. */
export const LEVEL_BASE = 7;
export const COUNTS = 8;

/** What came of a state: how many moves, or that all are through, or that nobody can go on. */
export const THROUGH = 0x40;
export const STUCK = 0x80;
export const MOVES = 0x3f;

/** A thread takes so many states of a level at a time. */
const GRAB = 64;

export interface LevelMemory {
  /** By number that a state was kept under: who found it first, as rank of a state and a move of it, + 1. */
  readonly keys: Int32Array;
  /** By the number that one thread would give it. */
  readonly order: Int32Array;
  readonly kinds: Uint8Array;
  /** A place for each move of each state of the level. */
  readonly scatter: Int32Array;
}

export interface Setup {
  readonly threads: number;
  readonly thread: number;
  readonly memory: Memory;
  readonly reduce: boolean;
  readonly sizes: readonly number[];
  readonly parts: readonly number[];
  readonly control: Int32Array;
  readonly snapshot: Snapshot;
  readonly space: SpaceMemory;
  readonly level: LevelMemory;
}

/** What changes on the way. */
export type Changed = Partial<Pick<Setup, 'snapshot' | 'space' | 'level'>> & {
  /** Which tables of the space have to be filled again. */
  readonly grown?: readonly number[];
};

export class Share {
  readonly space: SharedSpace;
  /** Why the level was not followed to its end. */
  hindrance: Hindrance | null = null;
  /** The machine and its numbers, as they are known now. */
  search: SearchMoves<SnapshotMachine>;
  private reduction: Reduction | null = null;
  private level: LevelMemory;
  private found: number[] = [];
  private grown: readonly number[] = [];
  private readonly nrMoves: number;

  constructor(private readonly setup: Setup, private readonly until = Infinity) {
    this.space = new SharedSpace(setup.sizes, setup.parts, setup.space);
    this.level = setup.level;
    this.nrMoves = 2 * setup.snapshot.names.length;
    this.search = this.knowing(setup.snapshot);
  }

  change({ snapshot, space, level, grown = [] }: Changed): void {
    this.grown = grown;
    if (space !== undefined) this.space.memory = space;
    if (level !== undefined) this.level = level;
    if (snapshot !== undefined) this.search = this.knowing(snapshot);
  }

  private knowing(snapshot: Snapshot): SearchMoves<SnapshotMachine> {
    const { memory, reduce } = this.setup;
    const search = new SearchMoves(new SnapshotMachine(snapshot), memory, new KnownBuffers(snapshot.buffers),
      this.space);
    search.canonize = reduce ? symmetry(search) : null;
    this.reduction = reduce ? persistent(search) : null;
    return search;
  }

  /** Makes a state the one at hand. */
  take(rank: number): void {
    this.space.take(this.level.order[this.setup.control[LEVEL_START] + rank]);
  }

  expand(): void {
    const { control } = this.setup;
    const size = control[LEVEL_SIZE];
    this.hindrance = null;
    try {
      for (let from = Atomics.add(control, CURSOR, GRAB); from < size; from = Atomics.add(control, CURSOR, GRAB)) {
        if (this.until !== Infinity && Date.now() > this.until) throw new Stop({ kind: 'late' });
        for (let rank = from; rank < Math.min(from + GRAB, size); rank++) {
          if (Atomics.load(control, STOP) !== 0) return;
          this.follow(rank);
        }
      }
    } catch (cause) {
      if (!(cause instanceof Stop)) throw cause;
      this.hindrance = cause.what;
      Atomics.store(control, STOP, 1);
    }
  }

  private follow(rank: number): void {
    const { search } = this;
    this.take(rank);
    const only = this.reduction === null ? -1 : this.reduction.choose(0);
    let made = 0;
    let waits = false;
    for (let a = only < 0 ? 0 : only, end = only < 0 ? search.nrActors : only + 1; a < end; a++) {
      const leaf = search.leaf(0, a);
      const buffer = search.buffer(0, a);
      const key = rank * this.nrMoves + 2 * a + 1;
      if (leaf >= 0) {
        waits = true;
        if (search.goes(0, a, leaf, buffer)) {
          made++;
          this.came(search.step(0, a, leaf), key);
        }
      }
      if (buffer === 0) continue;
      made++;
      this.came(search.flush(0, a), key + 1);
    }
    this.level.kinds[rank] = made > 0 ? made : waits ? STUCK : THROUGH;
  }

  /** A state that is new in this level belongs to the one that one thread would have found it from. */
  private came(kept: number, key: number): void {
    const state = numberOf(kept);
    if (state < this.setup.control[LEVEL_BASE]) return;
    if (kept >= 0) this.found.push(state);
    const { keys } = this.level;
    for (let known = Atomics.load(keys, state); known === 0 || key < known;) {
      const before = Atomics.compareExchange(keys, state, known, key);
      if (before === known) return;
      known = before;
    }
  }

  /** What this thread found, each at the place of the move that leads to it. */
  scatter(): void {
    const { keys, scatter } = this.level;
    for (const state of this.found) scatter[keys[state] - 1] = state + 1;
    this.found = [];
    this.space.pairs.leaveChunk();
  }

  private part(thread: number, threads: number): readonly [from: number, to: number] {
    const size = this.setup.control[LEVEL_SIZE] * this.nrMoves;
    return [Math.floor((size * thread) / threads), Math.floor((size * (thread + 1)) / threads)];
  }

  count(threads: number): void {
    const { control, thread } = this.setup;
    const [from, to] = this.part(thread, threads);
    const { scatter } = this.level;
    let nr = 0;
    for (let at = from; at < to; at++) if (scatter[at] !== 0) nr++;
    control[COUNTS + thread] = nr;
  }

  /** And leaves the places empty for the next level. */
  rank(threads: number): void {
    const { control, thread } = this.setup;
    const { order, scatter } = this.level;
    const [from, to] = this.part(thread, threads);
    let next = control[LEVEL_START] + control[LEVEL_SIZE];
    for (let t = 0; t < thread; t++) next += control[COUNTS + t];
    for (let at = from; at < to; at++) {
      if (scatter[at] === 0) continue;
      order[next++] = scatter[at] - 1;
      scatter[at] = 0;
    }
  }

  fill(threads: number): void {
    for (const table of this.grown) this.space.tables[table].fill(this.setup.thread, threads);
  }
}

export const startLevel = (control: Int32Array): void => {
  control[CURSOR] = 0;
  control[STOP] = 0;
};
