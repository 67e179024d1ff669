/**
 * What every answer has to keep to, whatever the race: searches that leave out what others do twice say the same as
 * the one that
 * leaves out nothing, names and orders of what is listed do not matter, an answer is the same the next time, and a
 * broken one has an order that breaks it again.
 */
import { check } from './check.ts';
import type { CheckedLane } from './check-result.ts';
import { ask } from './race/question.ts';
import type { Race } from './race/race.ts';
import { replaySchedule } from './trail/trail-of.ts';
import { exhaust } from './search/exhaust.ts';
import type { Memory } from './memory/memory.ts';
import { persistent } from './search/reduce.ts';
import { symmetry } from './search/symmetry.ts';

export interface LawBroken {
  readonly law: string;
  readonly what: string;
}

export interface LawLimits {
  readonly maxStates: number;
}

/** `tooLarge`: the whole search would be, so nothing was held against anything. */
export type Lawful = { readonly kind: 'holds'; readonly verdict: 'safe' | 'broken'; readonly states: number } | {
  readonly kind: 'tooLarge';
} | ({ readonly kind: 'fails' } & LawBroken);

/** @throws RangeError when the race cannot be set up under this policy */
export function lawful(race: Race, lane: CheckedLane, memory: Memory, { maxStates }: LawLimits): Lawful {
  const limits = { maxStates, maxDepth: Infinity };
  const specsOf = (of: Race, how: 'whole' | 'reduced', order: 'bfs' | 'dfs' = 'bfs'): string => {
    const { automaton, judge } = ask(of, lane.policy);
    const specs = new Set<string>();
    const done = exhaust(automaton, { memory, order, limits,
      ...(how === 'reduced' && { reduce: persistent, symmetry }) });
    const { search, space } = done;
    for (const state of done.finals)
      for (const { spec } of judge((
        v,
      ) => (search.base + v < space.sizes.length ? space.get(state, search.base + v) : 0))) specs.add(spec);
    if (done.stuck.length > 0) specs.add(done.crash === null ? 'deadlock' : 'breakdown');
    states = space.count;
    return done.complete ? [...specs].sort().join() : TOO_LARGE;
  };
  let states = 0;
  const whole = specsOf(race, 'whole');
  if (whole === TOO_LARGE) return { kind: 'tooLarge' };
  const nrWhole = states;
  const fails = (law: string, what: string): Lawful => ({ kind: 'fails', law, what });
  const others: readonly (readonly [law: string, said: () => string])[] = [
    ['a reduced search says what a whole one says', () => specsOf(race, 'reduced')],
    ['depth first says what breadth first says', () => specsOf(race, 'reduced', 'dfs')],
    ['the order of actors does not matter', () => specsOf({ ...race, actors: [...race.actors].reverse() }, 'reduced')],
    ['the order of actors does not matter',
      () => specsOf({ ...race, actors: [...race.actors.slice(1), race.actors[0]] }, 'reduced')],
    ['the naming of slots does not matter', () => specsOf(withOtherSlots(race), 'reduced')],
  ];
  for (const [law, said] of others) {
    const other = said();
    if (other !== whole) return fails(law, `${other === '' ? 'safe' : other}, not ${whole === '' ? 'safe' : whole}`);
  }
  const options = { memory, explorer: 'bfs', reduce: true, maxStates } as const;
  const once = check(race, lane, options);
  const again = check(race, lane, options);
  if (JSON.stringify(once) !== JSON.stringify(again))
    return fails('an answer is the same the next time',
      `${once.verdict}, ${once.states} states; then ${again.verdict}, ${again.states}`);
  if ((once.verdict === 'broken') !== (whole !== ''))
    return fails('a verdict is what the search found',
      `${once.verdict}, but it found ${whole === '' ? 'nothing' : whole}`);
  if (once.verdict === 'broken') {
    const replayed = replaySchedule(ask(race, lane.policy), lane.name, memory, once.trail?.schedule ?? '');
    if (once.broken.length === 0 || JSON.stringify(replayed.broken) !== JSON.stringify(once.broken))
      return fails('what is broken is broken again by its trail', once.trail?.schedule ?? 'no trail');
  }
  return { kind: 'holds', verdict: whole === '' ? 'safe' : 'broken', states: nrWhole };
}

const TOO_LARGE = 'too large';
const SLOTS = 6;

function withOtherSlots(race: Race): Race {
  const renamed = <S extends object>(
    step: S,
  ): S => ('slot' in step ? { ...step, slot: SLOTS - 1 - Number(step.slot) } : step);
  return { ...race, setup: { ...race.setup, steps: race.setup.steps.map(renamed) },
    actors: race.actors.map((actor) => ({ ...actor, steps: actor.steps.map(renamed) })) };
}
