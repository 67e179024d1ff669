/**
 * Every reachable state, breadth first (the shortest way to each) or depth first. What the steps do is learnt on the
 * way; random walks before it meet most of that, so that the states seldom have to move to a roomier layout.
 */
import type { Automaton } from '../machine/automaton.ts';
import type { Machine } from '../machine/machine.ts';
import type { Buffers } from '../memory/buffers.ts';
import type { Memory } from '../memory/memory.ts';
import type { Reduction } from './reduce.ts';
import { scout } from './scout.ts';
import { type Canonize, SearchMoves } from './search-moves.ts';
import { Again, Outgrown, type Space } from './space.ts';

export interface Limits {
  /** Stop after so many states; the answer is then no proof. */
  readonly maxStates: number;
  readonly maxDepth: number;
  /** Of `Date.now()`: stop then. */
  readonly until?: number;
}

export interface Progress {
  readonly states: number;
  readonly transitions: number;
  readonly queue: number;
  readonly depth: number;
}

export interface Exhausted<M extends Machine = Automaton> {
  readonly search: SearchMoves<M>;
  readonly space: Space;
  readonly stores: Buffers;
  /** Final states, in the order in which they were found. */
  readonly finals: readonly number[];
  /** States in which nobody can go on and somebody is not through. */
  readonly stuck: readonly number[];
  /** The first of these in which the kernel broke down, and what it said. */
  readonly crash: { readonly state: number; readonly what: string } | null;
  /** The final state with which `onFinal` had enough. */
  readonly enough: number | null;
  readonly transitions: number;
  readonly depth: number;
  /** Everything reachable was visited. */
  readonly complete: boolean;
  /** Passes: a reduction relies on all that is known, so a pass that learnt something is made again. */
  readonly passes: number;
}

export interface SearchOptions<M extends Machine = Automaton> {
  readonly memory: Memory;
  readonly order: 'bfs' | 'dfs';
  readonly limits: Limits;
  /** Called with each final state; true: enough. */
  readonly onFinal?: (search: SearchMoves<M>, state: number) => boolean;
  readonly reduce?: (search: SearchMoves<M>) => Reduction;
  readonly symmetry?: (search: SearchMoves<M>) => Canonize | null;
  readonly onProgress?: (progress: Progress) => void;
}

const SAY_EVERY = 1 << 14;
const LOOK_AT_CLOCK_EVERY = 1 << 9;
/**
 * A reduced pass may be too large because too little was known; so many times the limit, all passes together, is the
 * end.
 */
const PASSES_TOGETHER = 4;

export function exhaust<M extends Machine = Automaton>(automaton: M, options: SearchOptions<M>): Exhausted<M> {
  const { limits, reduce, symmetry } = options;
  scout(automaton, options.memory, limits.until);
  let visited = 0;
  for (let passes = 1;; passes++) {
    const search = new SearchMoves(automaton, options.memory);
    const { isVoid, ...done } = pass(search, options);
    automaton.settled = automaton.version === search.version;
    // What a pass found is worth something only if nothing that it relied on has changed.
    const stands = !isVoid
      && (automaton.settled
        || (reduce === undefined && symmetry === undefined && automaton.corrections === search.corrections));
    if (stands) return { ...done, passes };
    visited += done.space.count;
    if (visited > limits.maxStates * PASSES_TOGETHER || isLate(limits)) {
      return { ...done, passes, finals: [], stuck: [], crash: null, enough: null, complete: false };
    }
  }
}

const isLate = ({ until = Infinity }: Limits): boolean => until !== Infinity && Date.now() > until;

/** A pass as far as it has come. */
interface Course {
  readonly finals: number[];
  readonly stuck: number[];
  crash: Exhausted['crash'];
  enough: number | null;
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

/** `isVoid`: it broke off, since it did not know enough. */
function pass<M extends Machine>(
  search: SearchMoves<M>,
  options: SearchOptions<M>,
): Omit<Exhausted<M>, 'passes'> & { readonly isVoid: boolean } {
  const course: Course = { finals: [], stuck: [], crash: null, enough: null, stack: options.order === 'dfs' ? [0] : [],
    head: 0, levelEnd: 1, depth: 0, transitions: 0, state: -1, counted: 0, end: null };
  let isVoid = false;
  try {
    const reduction = options.reduce?.(search) ?? null;
    search.canonize = options.symmetry?.(search) ?? null;
    while (course.end === null) goOn(search, options, reduction, course);
  } catch (cause) {
    if (!(cause instanceof Again)) throw cause;
    isVoid = true;
  }
  const { finals, stuck, crash, enough, transitions, depth, end } = course;
  return { search, space: search.space, stores: search.stores, finals, stuck, crash, enough, transitions, depth,
    complete: end === 'everything', isVoid };
}

function goOn<M extends Machine>(
  search: SearchMoves<M>,
  options: SearchOptions<M>,
  reduction: Reduction | null,
  course: Course,
): void {
  try {
    course.end = follow(search, options, reduction, course);
  } catch (cause) {
    if (!(cause instanceof Outgrown)) throw cause;
    search.outgrow();
    // The state at hand is followed once more; what it led to already is known.
    course.transitions = course.counted;
    if (options.order === 'dfs') course.stack.push(course.state);
    else course.head = course.state;
  }
}

function follow<M extends Machine>(
  search: SearchMoves<M>,
  { order, limits, onFinal, onProgress }: SearchOptions<M>,
  reduction: Reduction | null,
  course: Course,
): Exclude<Course['end'], null> {
  const { space } = search;
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
    if ((state & (LOOK_AT_CLOCK_EVERY - 1)) === 0 && isLate(limits)) return 'limit';
    course.counted = course.transitions;
    const chosen = reduction === null ? -1 : reduction.choose(state);
    const came = advance(search, state, chosen, course, depthFirst);
    if ((came & MOVED) === 0) {
      if ((came & WAITS) !== 0) {
        const crash = course.crash === null ? search.crashIn(state) : null;
        if (crash !== null) course.crash = { state, what: crash };
        course.stuck.push(state);
      } else {
        course.finals.push(state);
        if (onFinal?.(search, state) === true) {
          course.enough = state;
          return 'enough';
        }
      }
    }
    if (onProgress !== undefined && (state & (SAY_EVERY - 1)) === 0) {
      onProgress({ states: space.count, transitions: course.transitions,
        queue: depthFirst ? stack.length : space.count - course.head, depth: course.depth });
    }
  }
}

/** What came of a state. */
const MOVED = 1;
const WAITS = 2;

/** Everything that actor `only` can do in a state (-1: any of them): its step, and the oldest store of its buffer. */
function advance<M extends Machine>(
  search: SearchMoves<M>,
  state: number,
  only: number,
  course: Course,
  depthFirst: boolean,
): number {
  const { nrActors } = search;
  const isBuffering = search.memory === 'tso';
  let came = 0;
  for (let a = only < 0 ? 0 : only, end = only < 0 ? nrActors : only + 1; a < end; a++) {
    const number = search.leaf(state, a);
    const buffer = isBuffering ? search.buffer(state, a) : 0;
    if (number >= 0) {
      came |= WAITS;
      if (search.goes(state, a, number, buffer)) {
        came |= MOVED;
        course.transitions++;
        const next = search.step(state, a, number);
        if (depthFirst && next >= 0) course.stack.push(next);
      }
    }
    if (buffer === 0) continue;
    came |= MOVED | WAITS;
    course.transitions++;
    const next = search.flush(state, a);
    if (depthFirst && next >= 0) course.stack.push(next);
  }
  return came;
}
