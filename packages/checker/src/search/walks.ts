/** Walks that end where everybody is through or stuck: at random, or by priorities as PCT does, both from a seed. */
import type { Automaton } from '../machine/automaton.ts';
import { Buffers } from '../memory/buffers.ts';
import type { Memory } from '../memory/memory.ts';
import { type Configuration, Moves } from './moves.ts';
import { randomSource } from './random.ts';
import { FLUSH } from './space.ts';

export interface WalkSettings {
  readonly memory: Memory;
  readonly seed: number;
  readonly walks: number;
  /** PCT: the order of how many moves a bug may depend on. null: every move at random. */
  readonly pctDepth: number | null;
  /** Of `Date.now()`: stop then. */
  readonly until?: number;
  readonly onWalk?: (done: number, moves: number) => void;
}

/** An end: its moves, and whether everybody is through. `value`: of a variable there. */
export type OnEnd = (
  schedule: readonly number[],
  through: boolean,
  value: (variable: number) => number,
  crash: string | null,
) => boolean;

/** Longer than any that ends. */
const LONGEST_WALK = 20_000;

/** Returns the number of moves made. `onEnd` answers true for enough. */
export function walk(
  automaton: Automaton,
  { memory, seed, walks, pctDepth, until = Infinity, onWalk }: WalkSettings,
  onEnd: OnEnd,
): number {
  const random = randomSource(seed);
  const moves = new Moves(automaton, memory, new Buffers());
  let made = 0;
  let longest = 16;
  for (let done = 0; done < walks && (until === Infinity || Date.now() < until); done++) {
    const at = moves.initial();
    const choose = pctDepth === null
      ? (enabled: readonly number[]) => enabled[Math.floor(random() * enabled.length)]
      : priorities(automaton.actors.length, pctDepth, longest, random);
    const schedule: number[] = [];
    let enabled = moves.enabled(at);
    for (; enabled.length > 0 && schedule.length < LONGEST_WALK; enabled = moves.enabled(at)) {
      const move = choose(enabled);
      schedule.push(move);
      moves.apply(at, move);
    }
    made += schedule.length;
    longest = Math.max(longest, schedule.length);
    onWalk?.(done + 1, made);
    // Going round in a circle is no end.
    if (enabled.length === 0 && onEnd(schedule, moves.isThrough(at), valueIn(at), moves.crashIn(at))) break;
  }
  return made;
}

const valueIn = ({ values }: Configuration) => (variable: number): number => values[variable] ?? 0;

/**
 * Probabilistic concurrency testing: each actor (and each store buffer) has a priority, the highest that can go goes,
 * and at `depth` - 1 moves drawn beforehand the one that goes falls to the bottom. A bug of that depth is met with a
 * probability of at least 1 / (n * k^(depth - 1)) for n actors and k moves. @source Burckhardt et al., A Randomized
 * Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010
 */
function priorities(
  nrActors: number,
  depth: number,
  length: number,
  random: () => number,
): (enabled: readonly number[]) => number {
  const priority = new Map<number, number>();
  for (let a = 0; a < nrActors; a++) for (const move of [a, a + FLUSH]) priority.set(move, depth + random());
  const falls = Array.from({ length: Math.max(0, depth - 1) }, () => Math.floor(random() * length)).sort((a, b) =>
    a - b
  );
  let made = 0;
  return (enabled) => {
    const highest = (): number =>
      enabled.reduce((best, move) => ((priority.get(move) ?? 0) > (priority.get(best) ?? 0) ? move : best));
    const at = falls.indexOf(made++);
    if (at >= 0) priority.set(highest(), depth - 1 - at);
    return highest();
  };
}
