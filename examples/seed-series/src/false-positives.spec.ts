/** A pin counts as 1024 references, so 1024 references look like a pin to a process that has ever pinned anything. */
import { compose } from '@cowlab/composition';
import { copiedAtFork, runScenario } from '@cowlab/trial';
import { type Scenario, scenario } from '@cowlab/scenario';
import { describe, expect, it } from '@jest/globals';
import { lanesOf } from './lanes.ts';

/** A page with one mapping and `nr - 1` references of pipes. */
function withReferences(nr: number, hasPinned: boolean): Scenario {
  let it = scenario('Does fork() copy a page that nobody has pinned?').mmap(0, 0, 'anon', 1).write(0, 0, 0, 1).mmap(0,
    1, 'anon', 1);
  if (hasPinned) it = it.pin(0, 0, 1, 0, 1).unpin(0);
  for (let slot = 0; slot < nr - 1; slot++) it = it.vmsplice(0, slot, 0, 0, 1);
  return it.fork(0, 1).build();
}

/** A page that `nr` processes map, the last of which pins something else and forks. */
function sharedBy(nr: number): Scenario {
  let it = scenario('Does fork() copy a page that many processes share?').mmap(0, 0, 'anon', 1).write(0, 0, 0, 1).mmap(
    0,
    1,
    'anon',
    1,
  );
  for (let child = 1; child < nr; child++) it = it.fork(0, child);
  return it.pin(0, 0, 1, 0, 1).unpin(0).fork(0, nr).build();
}

async function copied(program: Scenario, lane: string): Promise<number> {
  const [lab] = compose(await lanesOf(lane));
  return copiedAtFork(runScenario(program, lab));
}

describe('references that are no pins', () => {
  it.each(['posted-v2', 'linux-5.9', 'linux-5.18'])('%s: 1024 make fork() copy, 1023 do not', async (lane) => {
    expect([await copied(withReferences(1023, true), lane), await copied(withReferences(1024, true), lane)]).toEqual([0,
      1]);
  });

  it('linux-5.19 counts the reference that fork() itself has just taken: 1023 are enough', async () => {
    expect([await copied(withReferences(1022, true), 'linux-5.19'),
      await copied(withReferences(1023, true), 'linux-5.19')]).toEqual([0, 1]);
  });

  it.each(['posted-v2', 'linux-5.9', 'linux-5.19'])('%s: deceive no process that has never pinned', async (lane) => {
    expect(await copied(withReferences(1024, false), lane)).toBe(0);
  });

  it.each([['posted-v2', 1024, 1], ['linux-5.9', 1024, 1], ['linux-5.9', 1023, 0], ['linux-5.19', 1024, 0]])(
    '%s: of a page that %i processes share, %i copies at the next fork()',
    async (lane, nr, copies) => {
      expect(await copied(sharedBy(nr), lane)).toBe(copies);
    },
  );
});
