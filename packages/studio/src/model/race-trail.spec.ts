import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { formatSchedule, parseRace, parseSchedule } from '@cowlab/checker';
import { catalogueOf } from '@cowlab/composition';
import { checkRace, chooseRaceLanes, replayRace } from '@cowlab/experiments/check';
import { buffered, moved, reach, wordsAfter } from './race-trail.ts';

const RACES = new URL('../../../../examples/races/', import.meta.url);

async function broken(name: string, memory: 'sc' | 'tso', policies: string) {
  const race = parseRace(readFileSync(new URL(`${name}.race`, RACES), 'utf8'), name);
  const [lane] = await chooseRaceLanes(policies, race, { catalogue: await catalogueOf({}), policies: null,
    configFile: null });
  const { trail } = checkRace(race, lane, { memory, explorer: 'bfs' });
  if (trail === null) throw new Error('it is not broken');
  return { race, lane, trail };
}

describe('a trail', () => {
  it('tells what a word holds after each step, as its own steps read it', async () => {
    const { trail } = await broken('merged-5.9', 'sc', 'linux-5.9');
    for (const [at, { reads }] of trail.steps.entries()) {
      const now = new Map(wordsAfter(trail, at).map(({ word, value }) => [word, value]));
      for (const { word, value } of reads) expect([at, word, now.get(word)]).toEqual([at, word, value]);
    }
  });

  it('keeps what waits in a store buffer apart from memory until it is flushed', async () => {
    const { trail } = await broken('merged-5.9', 'tso', 'linux-5.9');
    const waits = trail.steps.map((_, at) => trail.actors.map((__, actor) => buffered(trail, actor, at).length));
    const flushes = trail.steps.filter(({ kind }) => kind === 'flush').length;
    expect(Math.max(...waits.flat())).toBeGreaterThan(0);
    expect(flushes).toBeGreaterThan(0);
    expect(waits.flat().every((nr) => nr >= 0)).toBe(true);
  });

  it('lets a step move between its own neighbours, and then ends as the checker says', async () => {
    const { race, lane, trail } = await broken('merged-5.9', 'sc', 'linux-5.9');
    const order = parseSchedule(trail.schedule);
    let asked = 0;
    for (let at = 0; at < order.length; at++) {
      const { from, to } = reach(order, at);
      expect(moved(order, at, from - 1)).toBeNull();
      expect(moved(order, at, to + 1)).toBeNull();
      for (const place of [from, to]) {
        const other = moved(order, at, place);
        if (other === null) continue;
        expect(other.filter(({ actor }) => actor === order[at].actor)).toHaveLength(
          order.filter(({ actor }) => actor === order[at].actor).length,
        );
        const schedule = formatSchedule(other);
        try {
          expect(replayRace(race, lane, 'sc', schedule).schedule).toBe(schedule);
          asked++;
        } catch (error) {
          expect(String(error)).toMatch(/cannot go on there|has no store waiting/);
        }
      }
    }
    expect(asked).toBeGreaterThan(2);
  });
});
