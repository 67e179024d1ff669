/**
 * Every reachable state, breadth first (the shortest way to each) or depth first. While something new is still being learnt
 * a pass may have to begin again; random walks before it keep that rare.
 */
import type { Automaton } from './automaton.ts';
import { Buffers } from './buffers.ts';
import { type Memory, Moves } from './moves.ts';
import { randomSource } from './random.ts';
import { FLUSH, Outgrown, Space } from './space.ts';

export interface Limits {
  /** Stop after so many states; the answer is then no proof. */
  readonly maxStates: number;
  readonly maxDepth: number;
}

export interface Progress {
  readonly states: number;
  readonly transitions: number;
  readonly queue: number;
  readonly depth: number;
}

/** Which actors to follow in a state; null: all. Must not change what a pass relies on. */
export type Choose = (moves: SearchMoves, state: number, enabled: Int32Array, nr: number) => number;

export interface Exhausted {
  readonly space: Space;
  readonly stores: Buffers;
  /** Final states, in the order in which they were found. */
  readonly finals: readonly number[];
  /** States in which nobody can go on and somebody is not through. */
  readonly stuck: readonly number[];
  readonly transitions: number;
  readonly depth: number;
  /** Everything reachable was visited. */
  readonly complete: boolean;
  /** Passes that had to begin again. */
  readonly restarts: number;
}

export interface SearchOptions {
  readonly memory: Memory;
  readonly order: 'bfs' | 'dfs';
  readonly limits: Limits;
  /** Called with each final state; true: enough. */
  readonly onFinal?: (search: SearchMoves, state: number) => boolean;
  readonly reduce?: (search: SearchMoves) => ((state: number) => number) | null;
  readonly onProgress?: (progress: Progress) => void;
}

const SCOUTS = 24;
const SAY_EVERY = 1 << 16;

export function exhaust(automaton: Automaton, options: SearchOptions): Exhausted {
  scout(automaton, options.memory);
  for (let restarts = 0; ; restarts++) {
    try {
      const search = new SearchMoves(automaton, options.memory);
      const done = pass(search, options);
      // A reduction relies on all that is known; a pass that learnt something has to be made again.
      if (options.reduce !== undefined && automaton.version !== search.version) continue;
      return { ...done, restarts };
    } catch (cause) {
      if (!(cause instanceof Outgrown)) throw cause;
    }
  }
}

/** Random walks: they meet nearly everything that there is to learn, and cost little. */
function scout(automaton: Automaton, memory: Memory): void {
  const random = randomSource(1);
  const moves = new Moves(automaton, memory, new Buffers());
  for (let walk = 0; walk < SCOUTS; walk++) {
    const at = moves.initial();
    for (let enabled = moves.enabled(at); enabled.length > 0; enabled = moves.enabled(at)) {
      moves.apply(at, enabled[Math.floor(random() * enabled.length)]);
    }
  }
}

/** The states of one pass and the moves between them. */
export class SearchMoves {
  readonly space: Space;
  readonly stores = new Buffers();
  readonly nrActors: number;
  readonly version: number;
  /** First field of the variables. */
  readonly base: number;
  private readonly view: Int32Array;

  constructor(readonly automaton: Automaton, readonly memory: Memory) {
    const { actors, places, variables } = automaton;
    this.nrActors = actors.length;
    this.version = automaton.version;
    const roomy = (nr: number): number => nr + (nr >> 2) + 1;
    const buffers = memory === 'tso' ? actors.map(() => 64) : [];
    this.base = actors.length + buffers.length;
    this.space = new Space([...places.map((of) => roomy(of.length)), ...buffers, ...variables.map(({ values }) => values.length)]);
    this.view = new Int32Array(variables.length);
    this.space.draft(-1);
    this.space.keep(-1, 0);
  }

  buffer(state: number, a: number): number {
    return this.memory === 'tso' ? this.space.get(state, this.nrActors + a) : 0;
  }

  /** Number of the leaf of actor `a`'s step, or -1 when it is through. Learns what it has to. */
  leaf(state: number, a: number): number {
    const { automaton, space, base } = this;
    const place = space.get(state, a);
    if (automaton.ends[a][place]) return -1;
    const buffer = this.buffer(state, a);
    const { children, nodeChildren, nodeVariable } = automaton;
    let code = automaton.roots[a][place];
    if (buffer === 0) {
      const { pool, words, at, shift, mask } = space;
      const from = state * words;
      while (code > 0) {
        const field = base + nodeVariable[code - 1];
        code = children[nodeChildren[code - 1] + ((pool[from + at[field]] >>> shift[field]) & mask[field])];
      }
    } else {
      while (code > 0) {
        const v = nodeVariable[code - 1];
        const own = this.stores.seen(buffer, v);
        code = children[nodeChildren[code - 1] + (own < 0 ? space.get(state, base + v) : own)];
      }
    }
    return code < 0 ? -code - 1 : this.learn(state, a, place, buffer);
  }

  private learn(state: number, a: number, place: number, buffer: number): number {
    const { automaton, view, space, base } = this;
    const nrVariables = automaton.variables.length;
    for (let v = 0; v < nrVariables; v++) {
      const own = this.stores.seen(buffer, v);
      view[v] = own < 0 ? space.get(state, base + v) : own;
    }
    const leaf = automaton.learn(a, place, view);
    if (automaton.variables.length !== nrVariables) throw new Outgrown();
    return leaf;
  }

  /** The state after actor `a`'s step. */
  step(state: number, a: number, leaf: number): number {
    const { space, base, memory, nrActors } = this;
    const { to, writes, buffered } = this.automaton.leaves[leaf];
    space.draft(state);
    space.set(a, to);
    for (let i = 0; i < writes.length; i += 2) space.set(base + writes[i], writes[i + 1]);
    if (buffered.length > 0) {
      if (memory === 'tso') space.set(nrActors + a, this.stores.append(this.buffer(state, a), buffered));
      else for (let i = 0; i < buffered.length; i += 2) space.set(base + buffered[i], buffered[i + 1]);
    }
    return space.keep(state, a);
  }

  /** The state after the oldest store of actor `a` reached memory. */
  flush(state: number, a: number): number {
    const { space, stores } = this;
    const buffer = this.buffer(state, a);
    space.draft(state);
    space.set(this.base + stores.contents[buffer][0], stores.contents[buffer][1]);
    space.set(this.nrActors + a, stores.rest(buffer));
    return space.keep(state, a + FLUSH);
  }
}

function pass(search: SearchMoves, { order, limits, onFinal, reduce, onProgress }: SearchOptions): Omit<Exhausted, 'restarts'> {
  const { automaton, space, nrActors, memory } = search;
  const only = reduce?.(search) ?? null;
  const finals: number[] = [];
  const stuck: number[] = [];
  const stack: number[] = order === 'dfs' ? [0] : [];
  let transitions = 0;
  let depth = 0;
  let levelEnd = 1;
  let head = 0;
  let complete = true;
  for (;;) {
    let state: number;
    if (order === 'dfs') {
      if (stack.length === 0) break;
      state = stack.pop() as number;
      if (stack.length > depth) depth = stack.length;
    } else {
      if (head === space.count) break;
      if (head === levelEnd) {
        if (depth >= limits.maxDepth) {
          complete = false;
          break;
        }
        depth++;
        levelEnd = space.count;
      }
      state = head++;
    }
    if (space.count > limits.maxStates) {
      complete = false;
      break;
    }
    const chosen = only === null ? -1 : only(state);
    let moved = false;
    let through = true;
    for (let a = 0; a < nrActors; a++) {
      if (chosen >= 0 && a !== chosen) continue;
      const leaf = search.leaf(state, a);
      const buffered = memory === 'tso' && search.buffer(state, a) !== 0;
      if (leaf >= 0 || buffered) through = false;
      if (leaf >= 0) {
        const { to, drains } = automaton.leaves[leaf];
        if (to >= 0 && !(drains && buffered)) {
          moved = true;
          transitions++;
          const next = search.step(state, a, leaf);
          if (next >= 0 && order === 'dfs') stack.push(next);
        }
      }
      if (buffered) {
        moved = true;
        transitions++;
        const next = search.flush(state, a);
        if (next >= 0 && order === 'dfs') stack.push(next);
      }
    }
    if (!moved) {
      if (through) {
        finals.push(state);
        if (onFinal?.(search, state) === true) {
          complete = false;
          break;
        }
      } else stuck.push(state);
    }
    if (onProgress !== undefined && (transitions & (SAY_EVERY - 1)) < nrActors) onProgress({ states: space.count, transitions, queue: order === 'dfs' ? stack.length : space.count - head, depth });
  }
  return { space, stores: search.stores, finals, stuck, transitions, depth, complete };
}
