/**
 * Every reachable state, breadth first (the shortest way to each) or depth first. What the steps do is learnt on the way;
 * random walks before it meet most of that, so that the states seldom have to move to a roomier layout.
 */
import type { Automaton } from './automaton.ts';
import { Buffers } from './buffers.ts';
import { type Memory, Moves, waits } from './moves.ts';
import { randomSource } from './random.ts';
import { Again, FLUSH, Outgrown, Space } from './space.ts';

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

export interface Exhausted {
  readonly space: Space;
  readonly stores: Buffers;
  /** Final states, in the order in which they were found. */
  readonly finals: readonly number[];
  /** States in which nobody can go on and somebody is not through. */
  readonly stuck: readonly number[];
  /** What the kernel said where it broke down, on the way to the first of these; null where it just waits. */
  readonly crash: string | null;
  readonly transitions: number;
  readonly depth: number;
  /** Everything reachable was visited. */
  readonly complete: boolean;
  /** Passes: a reduction relies on all that is known, so a pass that learnt something is made again. */
  readonly passes: number;
}

export interface SearchOptions {
  readonly memory: Memory;
  readonly order: 'bfs' | 'dfs';
  readonly limits: Limits;
  /** Called with each final state; true: enough. */
  readonly onFinal?: (search: SearchMoves, state: number) => boolean;
  /** For each state the one actor to follow, or -1 for all. */
  readonly reduce?: (search: SearchMoves) => (state: number) => number;
  readonly symmetry?: (search: SearchMoves) => (() => void) | null;
  readonly onProgress?: (progress: Progress) => void;
}

const SCOUTS_MAX = 200;
/** So many walks in a row that learnt nothing are enough. */
const SCOUTS_IDLE = 12;
const LONGEST_BURST = 12;
const SPARE_VARIABLES = 16;
const SAY_EVERY = 1 << 14;

export function exhaust(automaton: Automaton, options: SearchOptions): Exhausted {
  scout(automaton, options.memory);
  for (let passes = 1; ; passes++) {
    const search = new SearchMoves(automaton, options.memory);
    const done = pass(search, options);
    if (done === null) continue;
    automaton.settled = automaton.version === search.version;
    if (automaton.settled || (options.reduce === undefined && options.symmetry === undefined && automaton.corrections === search.corrections)) return { ...done, passes };
  }
}

/** Walks in bursts of random length: they meet nearly everything that there is to learn, and cost little. */
function scout(automaton: Automaton, memory: Memory): void {
  const random = randomSource(1);
  const moves = new Moves(automaton, memory, new Buffers());
  for (let walk = 0, idle = 0; walk < SCOUTS_MAX && idle < SCOUTS_IDLE; walk++) {
    const at = moves.initial();
    const known = automaton.leaves.length;
    const length = 1 + (walk % LONGEST_BURST);
    let going = -1;
    for (let enabled = moves.enabled(at); enabled.length > 0; enabled = moves.enabled(at)) {
      if (!enabled.includes(going) || random() * length < 1) going = enabled[Math.floor(random() * enabled.length)];
      moves.apply(at, going);
    }
    idle = automaton.leaves.length > known ? 0 : idle + 1;
  }
}

/** The states of one pass and the moves between them. */
export class SearchMoves {
  /** Moves to another one when it is outgrown. */
  space: Space;
  readonly stores = new Buffers();
  readonly nrActors: number;
  readonly version: number;
  readonly corrections: number;
  /** First field of the variables. */
  readonly base: number;
  /** Of states that are alike, keep one. */
  canonize: (() => void) | null = null;
  private view = new Int32Array(0);

  constructor(readonly automaton: Automaton, readonly memory: Memory) {
    const { actors } = automaton;
    this.nrActors = actors.length;
    this.version = automaton.version;
    this.corrections = automaton.corrections;
    this.base = memory === 'tso' ? 2 * actors.length : actors.length;
    this.space = new Space(this.sizes(!automaton.settled));
    this.space.draft(-1);
    this.space.keep(-1, 0);
  }

  /** Values that each field must hold; `slack`: with room for what may still be learnt, so that the next move is far off. */
  private sizes(slack: boolean): readonly number[] {
    const { places, variables } = this.automaton;
    const roomy = (nr: number): number => (slack ? nr * 2 : nr + (nr >> 2) + 1);
    const buffers = this.memory === 'tso' ? places.map(() => Math.max(32, this.stores.contents.length * 2)) : [];
    const spare = slack ? Array.from({ length: SPARE_VARIABLES }, () => 4) : [];
    return [...places.map((of) => roomy(of.length)), ...buffers, ...variables.map(({ values }) => values.length * (slack ? 2 : 1)), ...spare];
  }

  outgrow(): void {
    this.space = this.space.moved(this.sizes(true));
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
    const { automaton, space, base } = this;
    const nrVariables = space.sizes.length - base;
    if (this.view.length < automaton.variables.length) this.view = new Int32Array(automaton.variables.length * 2);
    const { view } = this;
    view.fill(0);
    for (let v = 0; v < Math.min(nrVariables, automaton.variables.length); v++) {
      const own = this.stores.seen(buffer, v);
      view[v] = own < 0 ? space.get(state, base + v) : own;
    }
    const leaf = automaton.learn(a, place, view);
    if (automaton.variables.length > nrVariables) throw new Outgrown();
    return leaf;
  }

  /** Has a CPU that runs in the memory of actor `a` stores that are still to be made? */
  isUnanswered(state: number, a: number): boolean {
    return this.memory === 'tso' && this.automaton.neighbours(a).some((b) => this.buffer(state, b) !== 0);
  }

  crashIn(state: number): string | null {
    for (let a = 0; a < this.nrActors; a++) {
      const leaf = this.leaf(state, a);
      if (leaf >= 0 && this.automaton.leaves[leaf].crash !== null) return this.automaton.leaves[leaf].crash;
    }
    return null;
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
    this.canonize?.();
    return space.keep(state, a);
  }

  /** The state after the oldest store of actor `a` reached memory. */
  flush(state: number, a: number): number {
    const { space, stores } = this;
    const buffer = this.buffer(state, a);
    space.draft(state);
    space.set(this.base + stores.contents[buffer][0], stores.contents[buffer][1]);
    space.set(this.nrActors + a, stores.rest(buffer));
    this.canonize?.();
    return space.keep(state, a + FLUSH);
  }
}

/** A pass as far as it has come. */
interface Course {
  readonly finals: number[];
  readonly stuck: number[];
  crash: string | null;
  /** States still to be followed, last first; breadth-first order needs none, it is that of the numbers. */
  readonly stack: number[];
  head: number;
  /** First state of the next level. */
  levelEnd: number;
  depth: number;
  transitions: number;
  /** The state at hand, and the moves counted before it. */
  state: number;
  counted: number;
  end: 'everything' | 'limit' | 'enough' | null;
}

/** null: it has to be made again. */
function pass(search: SearchMoves, options: SearchOptions): Omit<Exhausted, 'passes'> | null {
  const only = options.reduce?.(search) ?? null;
  search.canonize = options.symmetry?.(search) ?? null;
  const course: Course = {
    finals: [], stuck: [], crash: null, stack: options.order === 'dfs' ? [0] : [], head: 0, levelEnd: 1, depth: 0, transitions: 0, state: -1, counted: 0, end: null,
  };
  while (course.end === null) {
    try {
      course.end = follow(search, options, only, course);
    } catch (cause) {
      if (cause instanceof Again) return null;
      if (!(cause instanceof Outgrown)) throw cause;
      search.outgrow();
      // The state at hand is followed once more; what it led to already is known.
      course.transitions = course.counted;
      if (options.order === 'dfs') course.stack.push(course.state);
      else course.head = course.state;
    }
  }
  const { finals, stuck, crash, transitions, depth, end } = course;
  return { space: search.space, stores: search.stores, finals, stuck, crash, transitions, depth, complete: end === 'everything' };
}

function follow(
  search: SearchMoves, { order, limits, onFinal, onProgress }: SearchOptions, only: ((state: number) => number) | null, course: Course,
): Exclude<Course['end'], null> {
  const { automaton, space, nrActors, memory } = search;
  const { stack } = course;
  const depthFirst = order === 'dfs';
  for (;;) {
    if (depthFirst ? stack.length === 0 : course.head === space.count) return 'everything';
    if (space.count > limits.maxStates) return 'limit';
    if (depthFirst) {
      course.depth = Math.max(course.depth, stack.length);
      course.state = stack.pop() as number;
    } else {
      if (course.head === course.levelEnd && course.head !== course.state) {
        if (course.depth >= limits.maxDepth) return 'limit';
        course.depth++;
        course.levelEnd = space.count;
      }
      course.state = course.head++;
    }
    const { state } = course;
    course.counted = course.transitions;
    const chosen = only === null ? -1 : only(state);
    let moved = false;
    let through = true;
    for (let a = 0; a < nrActors; a++) {
      if (chosen >= 0 && a !== chosen) continue;
      const leaf = search.leaf(state, a);
      const buffered = memory === 'tso' && search.buffer(state, a) !== 0;
      if (leaf >= 0 || buffered) through = false;
      if (leaf >= 0) {
        if (automaton.leaves[leaf].to >= 0 && !(buffered && waits(automaton.leaves[leaf], search.buffer(state, a), search.stores))
          && !(automaton.leaves[leaf].acknowledged && search.isUnanswered(state, a))) {
          moved = true;
          course.transitions++;
          const next = search.step(state, a, leaf);
          if (depthFirst && next >= 0) stack.push(next);
        }
      }
      if (buffered) {
        moved = true;
        course.transitions++;
        const next = search.flush(state, a);
        if (depthFirst && next >= 0) stack.push(next);
      }
    }
    if (!moved) {
      if (!through) {
        if (course.stuck.length === 0) course.crash = search.crashIn(state);
        course.stuck.push(state);
      } else {
        course.finals.push(state);
        if (onFinal?.(search, state) === true) return 'enough';
      }
    }
    if (onProgress !== undefined && (state & (SAY_EVERY - 1)) === 0) {
      onProgress({ states: space.count, transitions: course.transitions, queue: depthFirst ? stack.length : space.count - course.head, depth: course.depth });
    }
  }
}
