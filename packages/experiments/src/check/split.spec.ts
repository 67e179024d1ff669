/** A search in cells counts what one machine counts. */
import { check, SplitSearch } from '@cowlab/checker';
import { openWorkplace } from '@cowlab/composition/node';
import { expect, it } from '@jest/globals';
import { readRace } from '../node/races.ts';
import { chooseRaceLanes } from './check.ts';

const FIELDS = ['verdict', 'exhaustive', 'states', 'transitions', 'depth', 'finals'] as const;

it.each(
  [['seqcount', 'linux-5.11', 'sc', 2], ['seqcount', 'linux-5.11', 'tso', 3], ['unpin', 'linux-6.18', 'tso',
    3]] as const,
)(
  'all orders of %s under %s, %s, in %d cells each way',
  async (name, lanes, memory, pieces) => {
    const race = readRace(name, import.meta.dirname);
    const [{ name: lane, policy }] = await chooseRaceLanes(lanes, race, await openWorkplace(import.meta.dirname));
    const one = check(race, { name: lane, policy }, { memory, explorer: 'bfs' });
    // Hardly a look before: what cells learn makes them begin anew.
    for (const looked of [undefined, 20]) {
      const split = new SplitSearch(race, policy, memory).whole(pieces, looked);
      expect(FIELDS.map((field) => split[field])).toEqual(FIELDS.map((field) => one[field]));
      expect(split.coarse.map(({ step, actor }) => `${actor}: ${step}`).sort()).toEqual(
        one.coarse.map(({ step, actor }) => `${actor}: ${step}`).sort(),
      );
    }
  },
  120_000,
);

it('says of a broken race that it is', async () => {
  const race = readRace('merged-5.9', import.meta.dirname);
  const [{ policy }] = await chooseRaceLanes('linux-5.9', race, await openWorkplace(import.meta.dirname));
  expect(new SplitSearch(race, policy, 'tso').whole(3)).toMatchObject({ verdict: 'broken' });
});
