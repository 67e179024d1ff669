/**
 * All states of a small race at once, and what can still become of each: the picture beside a verdict. Where every way
 * on ends badly nobody can mend it any more; where none does, nothing can go wrong from there.
 */
import type { Memory } from '../memory/memory.ts';
import type { Question } from '../race/question.ts';
import { exhaust } from '../search/exhaust.ts';
import { type SearchMoves, valueAt } from '../search/search-moves.ts';
import type { ScheduleStep } from './schedule.ts';

/** What can still become of a state. */
export const FATE = {
  /** Every way on holds what the race asks. */
  holds: 0,
  /** Some ways on do, some do not. */
  open: 1,
  /** None does. */
  broken: 2,
} as const;

export interface StateGraph {
  readonly states: number;
  readonly actors: readonly GraphActor[];
  /** Of each state, for each actor, how many steps its place is from its beginning: [states x actors]. */
  readonly depths: Uint16Array;
  /** Of each state a `FATE`. */
  readonly fates: Uint8Array;
  /** State after each move, -1 for none: [states x (2 x actors)]; steps first, then stores that reach memory. */
  readonly next: Int32Array;
}

export interface GraphActor {
  readonly name: string;
  readonly what: string;
  /** By depth: what is done there, in the words of the steps. */
  readonly steps: readonly string[];
}

/** `null`: it has more states than that. */
export function stateGraph(question: Question, memory: Memory, maxStates: number): StateGraph | null {
  const { automaton, judge, race } = question;
  const done = exhaust(automaton, { memory, order: 'bfs', limits: { maxStates, maxDepth: Infinity } });
  if (!done.complete) return null;
  const { search, finals, stuck } = done;
  const next = movesOf(search);
  const states = search.space.count;
  const bad = new Uint8Array(states);
  const good = new Uint8Array(states);
  for (const state of finals) (judge(valueAt(search, state)).length > 0 ? bad : good)[state] = 1;
  for (const state of stuck)
    (search.crashIn(state) !== null || race.specs.includes('deadlock') ? bad : good)[state] = 1;
  spreadBack(next, states, bad, good);
  const placeDepths = automaton.actors.map((_, a) => depthsOf(search, a));
  const depths = new Uint16Array(states * search.nrActors);
  for (let state = 0; state < states; state++)
    placeDepths.forEach(({ depth }, a) => {
      depths[state * search.nrActors + a] = depth[search.space.get(state, a)];
    });
  return { states, depths, next,
    fates: bad.map((broken, state) => broken === 0 ? FATE.holds : good[state] === 0 ? FATE.broken : FATE.open),
    actors: automaton.actors.map(({ name, what }, a) => ({ name, what, steps: placeDepths[a].steps })) };
}

/** The states that a schedule goes through, the first one included, as far as it can be followed. */
export function wayThrough({ next, actors }: StateGraph, schedule: readonly ScheduleStep[]): readonly number[] {
  const way = [0];
  for (const { actor, kind } of schedule) {
    const to = next[(way.at(-1) ?? 0) * 2 * actors.length + actor + (kind === 'flush' ? actors.length : 0)] ?? -1;
    if (to < 0) break;
    way.push(to);
  }
  return way;
}

/** Every move of every state once more; all of them lead to states that are known. */
function movesOf(search: SearchMoves): Int32Array {
  const { nrActors, space } = search;
  const next = new Int32Array(space.count * 2 * nrActors).fill(-1);
  const known = (number: number): number => number < 0 ? -1 - number : number;
  for (let state = 0; state < space.count; state++) {
    for (let a = 0; a < nrActors; a++) {
      const at = state * 2 * nrActors + a;
      const number = search.leaf(state, a);
      const buffer = search.buffer(state, a);
      if (number >= 0 && search.goes(state, a, number, buffer)) next[at] = known(search.step(state, a, number));
      if (buffer !== 0) next[at + nrActors] = known(search.flush(state, a));
    }
  }
  return next;
}

/** From the ends back to everything that leads there. */
function spreadBack(next: Int32Array, states: number, ...marks: readonly Uint8Array[]): void {
  const moves = next.length / states;
  const counts = new Int32Array(states + 1);
  for (const to of next) if (to >= 0) counts[to + 1]++;
  for (let i = 0; i < states; i++) counts[i + 1] += counts[i];
  const from = new Int32Array(counts[states]);
  const filled = counts.slice(0, states);
  next.forEach((to, i) => {
    if (to >= 0) from[filled[to]++] = Math.floor(i / moves);
  });
  for (const mark of marks) {
    const queue = [...mark.keys()].filter((state) => mark[state] !== 0);
    for (const state of queue) {
      for (let i = counts[state]; i < counts[state + 1]; i++) {
        if (mark[from[i]] !== 0) continue;
        mark[from[i]] = 1;
        queue.push(from[i]);
      }
    }
  }
}

/**
 * How far each place of an actor is from its beginning, by the longest way without a turn back, so that no step but a
 * retry leads to the left; and what is done at each distance.
 */
function depthsOf(
  { automaton: { leaves, places } }: SearchMoves,
  a: number,
): { readonly depth: Uint16Array; readonly steps: readonly string[] } {
  const mine = leaves.filter(({ actor, to }) => actor === a && to >= 0);
  const after: number[][] = places[a].map(() => []);
  for (const { from, to } of mine) after[from].push(to);
  const depth = new Uint16Array(places[a].length);
  for (const place of inOrder(after)) {
    for (const to of after[place]) if (to !== place) depth[to] = Math.max(depth[to], depth[place] + 1);
  }
  const steps: Set<string>[] = [];
  for (const { from, name } of mine) (steps[depth[from]] ??= new Set()).add(name);
  return { depth, steps: [...steps].map((names: Set<string> | undefined) => [...names ?? []].join(' / ')) };
}

/** Every place before those that it leads to; ways back are taken out of `after`. */
function inOrder(after: number[][]): readonly number[] {
  const order: number[] = [];
  const seen = new Uint8Array(after.length);
  const visit = (place: number): void => {
    seen[place] = ON_THE_WAY;
    after[place] = after[place].filter((to) => seen[to] !== ON_THE_WAY);
    for (const to of after[place]) if (seen[to] === 0) visit(to);
    seen[place] = DONE;
    order.push(place);
  };
  visit(0);
  return order.reverse();
}
const [ON_THE_WAY, DONE] = [1, 2];
