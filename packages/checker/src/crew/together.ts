/**
 * Every reachable state, breadth first, by several threads over one memory; or by one, where the states have to be kept
 * small. What is told of it is what one thread alone would tell: the same states in the same order. Small searches are
 * made by one.
 */
import type { Automaton } from '../machine/automaton.ts';
import type { Buffers } from '../memory/buffers.ts';
import { type Explored, explored } from '../search/explored.ts';
import { SearchMoves } from '../search/search-moves.ts';
import { symmetry } from '../search/symmetry.ts';
import { type Course, Pass } from './pass.ts';
import type { Helpers } from './helpers.ts';
import type { TogetherOptions } from './together-options.ts';

/** A search of so many states takes less time than threads need to begin. */
const ALONE = 60_000;
/** As often may a search begin again, all its passes together this many times as large as the limit. */
const PASSES_TOGETHER = 4;

export function together(automaton: Automaton, options: TogetherOptions, helpers: Helpers): Explored {
  const { limits } = options;
  const alone = Math.min(options.alone ?? ALONE, limits.maxStates);
  const first = explored(automaton, { ...options, order: 'bfs', limits: { ...limits, maxStates: alone } });
  if (limits.maxBytes === undefined && (first.complete || first.found !== null || alone === limits.maxStates))
    return first;
  let visited = 0;
  // Which the numbers stay of.
  const { stores } = first;
  for (let passes = first.passes + 1;; passes++) {
    const { course, again } = new Pass(automaton, options, stores, helpers).run();
    visited += course.states;
    const gaveUp = again && (visited > limits.maxStates * PASSES_TOGETHER
      || (limits.until !== undefined && Date.now() > limits.until));
    automaton.settled = !again;
    if (again && !gaveUp) continue;
    return { states: course.states, transitions: course.transitions, depth: course.depth, finals: course.finals,
      stuck: course.stuck, passes, bytes: course.bytes, complete: course.complete && !gaveUp, stores,
      found: again ? null : foundBy(automaton, options, stores, course) };
  }
}

/** The way again, state by state, in a search that has no others: who changed places on it can be asked there. */
function foundBy(
  automaton: Automaton,
  { memory, reduce }: TogetherOptions,
  stores: Buffers,
  { end, way }: Course,
): Explored['found'] {
  if (end.kind === null) return null;
  const search = new SearchMoves(automaton, memory, stores);
  search.outgrow();
  search.canonize = reduce ? symmetry(search) : null;
  let state = 0;
  for (const move of way) {
    const a = move >> 1;
    const next = move % 2 === 1 ? search.flush(state, a) : search.step(state, a, search.leaf(state, a));
    state = next < 0 ? -1 - next : next;
  }
  return { kind: end.kind, search, state, what: end.what };
}
