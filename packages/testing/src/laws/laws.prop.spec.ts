import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { programs } from '../programs/arbitraries.ts';
import { failedForkChangesNoByte, leavesNothing, reusesRoom, survivesFailedAllocation } from './failure-laws.ts';
import { answers, asksOnce, bulkEqualsStepped, type Case, replays, roomChangesNothing, staysSound,
  worldIsAll } from './laws.ts';
import { memoryHolds } from './memory-law.ts';
import { GEOMETRIES, holdsFor, patienceMs, runsOf } from '../programs/runs.ts';
import { type Stack, STACKS } from '../stacks.ts';

describe.each(GEOMETRIES)('random programs, $geometry.name', ({ geometry, runs: usual }) => {
  const runs = runsOf(usual);
  const law = (title: string, hold: (c: Case, stack: Stack, nth: number) => void, stacks = STACKS): void => {
    const cases = fc.tuple(fc.constantFrom(...stacks), programs(geometry), fc.nat(200));
    it(title,
      () =>
        holdsFor(cases, runs, ([stack, program, nth]) =>
          hold({ geometry, overlays: stack.overlays, program }, stack, nth)), patienceMs(runs));
  };

  law('every command comes to a number or an errno', (c) => answers(c));
  law('the log, sent through JSON, evolves a fresh world to the same hash', (c) => replays(c));
  law('runs of pages at once and single steps leave the same log and the same world', (c) => bulkEqualsStepped(c));
  law('a world with room to spare fares like one that has to grow', (c) => roomChangesNothing(c));
  law('counters equal a recount after every command', (c, { judged }) => staysSound(c, judged));
  law('a cloned world and a saved one go on alike', (c, _, at) => worldIsAll(c, at));
  law('a policy is asked about a page once per decision', (c) => asksOnce(c));
  law('a failed allocation is an errno, breaks no counter and leaks nothing',
    (c, { judged }, nth) => survivesFailedAllocation(c, nth, judged));
  law('a failed fork() leaves every byte of the parent', (c, _, nth) => failedForkChangesNoByte(c, nth % 30));
  law('nothing is left when all tasks and pins are gone', (c) => leavesNothing(c));
  law('what exits and unpins give back is used again', (c) => reusesRoom(c),
    STACKS.filter(({ overlays }) => overlays.every(({ memoryWords }) => memoryWords === undefined)));
  law('each process reads what it wrote, and nothing that others wrote to their private memory', (c) => memoryHolds(c),
    STACKS.filter(({ keepsBytes }) => keepsBytes));
});
