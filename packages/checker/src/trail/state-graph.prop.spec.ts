/** The picture of all states says what the verdict says, and is made of the moves that a replay makes. */
import { describe, expect, it } from '@jest/globals';
import { NAIVE_TRAITS, stackPolicies } from '@cowlab/core';
import { check } from '../check.ts';
import { ask } from '../race/question.ts';
import { randomRace } from '../race/random-race.ts';
import { randomSource } from '../search/random.ts';
import { parseSchedule } from './schedule.ts';
import { FATE, type StateGraph, stateGraph, wayThrough } from './state-graph.ts';

const lane = { name: 'merged', policy: stackPolicies([{
  id: 'early',
  hooks: { onForkPage: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : 'share'),
    onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy') },
  traits: { ...NAIVE_TRAITS, hasPinned: 'target' },
}]) };
const RACES = 40;
const MAX_STATES = 3000;

/** Fates are what the moves make of them: an end has its own, everything else the mixture of what follows. */
function contradictions({ states, next, fates }: StateGraph): number {
  const moves = next.length / states;
  let wrong = 0;
  for (let state = 0; state < states; state++) {
    const after = [...next.subarray(state * moves, (state + 1) * moves)].filter((to) => to >= 0);
    if (after.length === 0) wrong += fates[state] === FATE.open ? 1 : 0;
    else {
      const following = new Set(after.map((to) => fates[to]));
      const mixed = following.size === 1 ? [...following][0] : FATE.open;
      // A circle that nobody leaves has no end of its own.
      wrong += fates[state] === mixed ? 0 : 1;
    }
  }
  return wrong;
}

describe.each(['sc', 'tso'] as const)('all states of a race under %s', (memory) => {
  it('agree with the verdict, and the trail leads from the first of them to a broken end', () => {
    let [broken, safe] = [0, 0];
    for (let nr = 0; nr < RACES; nr++) {
      const race = randomRace(randomSource(7_000_003 + nr), `race-${nr}`);
      const graph = stateGraph(ask(race, lane.policy), memory, MAX_STATES);
      if (graph === null) continue;
      const found = check(race, lane, { memory, explorer: 'bfs', maxStates: MAX_STATES * 4 });
      expect([nr, graph.fates[0] !== FATE.holds]).toEqual([nr, found.verdict === 'broken']);
      expect([nr, contradictions(graph)]).toEqual([nr, 0]);
      if (found.trail === null) {
        safe++;
        expect(graph.states).toBe(found.states);
        continue;
      }
      broken++;
      const schedule = parseSchedule(found.trail.schedule, race.actors.length);
      const way = wayThrough(graph, schedule);
      expect(way).toHaveLength(schedule.length + 1);
      expect(graph.fates[way.at(-1) ?? 0]).toBe(FATE.broken);
    }
    // Else it would have been held against little.
    expect(broken).toBeGreaterThan(2);
    expect(safe).toBeGreaterThan(2);
  }, 60_000);

  it('are not drawn when they are too many', () => {
    const race = randomRace(randomSource(7_000_003), 'race');
    expect(stateGraph(ask(race, lane.policy), memory, 3)).toBeNull();
  });
});
