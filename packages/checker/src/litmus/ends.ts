/** The ends of a litmus test with memory in one order, or behind store buffers: found by the search for races. */
import type { Memory } from '../memory/memory.ts';
import { exhaust } from '../search/exhaust.ts';
import type { End } from './condition.ts';
import { LitmusMachine } from './litmus-machine.ts';
import type { LitmusTest } from './program.ts';
import { TooLarge } from './traces.ts';

const MAX_STATES = 2_000_000;

/** Calls `onEnd` for each end until it answers true. */
export function eachEndOf(test: LitmusTest, memory: Memory, onEnd: (end: End) => boolean): void {
  const machine = new LitmusMachine(test);
  const { complete, enough, stuck } = exhaust(machine, { memory, order: 'dfs',
    limits: { maxStates: MAX_STATES, maxDepth: Infinity },
    onFinal: (search, state) =>
      onEnd(machine.end((a) => search.space.get(state, a), (v) => search.space.get(state, search.base + v))) });
  if (enough === null && (!complete || stuck.length > 0))
    throw new TooLarge(`the test has more than ${MAX_STATES} states`);
}
