/**
 * Every reachable state, breadth first (the shortest way to each) or depth first. What the steps do is learnt on the
 * way; random walks before it meet most of that, so that the states seldom have to move to a roomier layout.
 */
import type { Automaton } from './automaton.ts';
import type { Buffers } from './buffers.ts';
import { type Memory, waits } from './moves.ts';
import { scout } from './scout.ts';
import { SearchMoves } from './search-moves.ts';
import { Again, Outgrown, type Space } from './space.ts';

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

const SAY_EVERY = 1 << 14;

export function exhaust(automaton: Automaton, options: SearchOptions): Exhausted {
  scout(automaton, options.memory);
  for (let passes = 1;; passes++) {
    const search = new SearchMoves(automaton, options.memory);
    const done = pass(search, options);
    if (done === null) continue;
    automaton.settled = automaton.version === search.version;
    if (automaton.settled
      || (options.reduce === undefined && options.symmetry === undefined
        && automaton.corrections === search.corrections)) return { ...done, passes };
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
  const course: Course = { finals: [], stuck: [], crash: null, stack: options.order === 'dfs' ? [0] : [], head: 0,
    levelEnd: 1, depth: 0, transitions: 0, state: -1, counted: 0, end: null };
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
  return { space: search.space, stores: search.stores, finals, stuck, crash, transitions, depth,
    complete: end === 'everything' };
}

function follow(
  search: SearchMoves,
  { order, limits, onFinal, onProgress }: SearchOptions,
  only: ((state: number) => number) | null,
  course: Course,
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
        if (automaton.leaves[leaf].to >= 0
          && !(buffered && waits(automaton.leaves[leaf], search.buffer(state, a), search.stores))
          && !(automaton.leaves[leaf].acknowledged && search.isUnanswered(state, a)))
        {
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
      onProgress({ states: space.count, transitions: course.transitions,
        queue: depthFirst ? stack.length : space.count - course.head, depth: course.depth });
    }
  }
}
