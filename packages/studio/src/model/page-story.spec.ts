import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { compareScenario } from '@cowlab/experiments/compare';
import { catalogueOf, resolveLanes } from '@cowlab/composition';
import { parseScenario } from '@cowlab/scenario';
import { runText, type Session } from './lane-run.ts';
import { pageStory } from './page-story.ts';
import { eventBack, eventOn, eventsBehind, foundUntil, hazardSteps, lastStep, placeFrom, placeText,
  START } from './place.ts';

const RDMA = readFileSync(new URL('../../../../examples/situations/01-rw-pin-fork-parent-writes.cow', import.meta.url),
  'utf8');
const LANES = 'linux-5.7,linux-5.9-rc5,linux-5.9';
const session: Promise<Session> = runText(RDMA, '01.cow', LANES);

describe('the story of a page', () => {
  it('tells who took the page away from a device, and which policy let it', async () => {
    const { lanes: [, lane], regions: [{ start }] } = await session;
    const story = pageStory(lane, 0, start, lane.machine.nrEvents);
    const words = story.map((line) => line.words);
    expect(words.some((said) => said.includes('takes it'))).toBe(true);
    const copied = story.find((line) => line.words.startsWith('copy-on-write: copied'));
    expect(copied?.decisions).toContainEqual(expect.objectContaining({ hook: 'onWriteFault', verdict: 'copy' }));
    expect(words.join('\n')).toMatch(/fork\(\) to mm 1: the same frame, both write-protected/);
  });

  it('ends where the reader stands', async () => {
    const { lanes: [, lane], regions: [{ start }] } = await session;
    const whole = pageStory(lane, 0, start, lane.machine.nrEvents);
    const half = pageStory(lane, 0, start, whole[2].event);
    expect(half).toEqual(whole.filter(({ event }) => event <= whole[2].event));
  });
});

describe('places in time', () => {
  it('part where a comparison says that lanes part', async () => {
    const { partings } = await session;
    const lanes = await resolveLanes(LANES, await catalogueOf({}));
    const compared = compareScenario(parseScenario(RDMA, '01.cow'), lanes);
    expect(partings).toEqual(compared.partings);
    expect(partings.filter((parting) => parting !== null).length).toBeGreaterThan(0);
  });

  it('are gone through event by event, there and back, without a gap', async () => {
    const { lanes } = await session;
    const there = [START];
    while ((there.at(-1)?.step ?? 0) < lastStep(lanes) || there.at(-1)?.event !== null)
      there.push(eventOn(lanes, there.at(-1) ?? START));
    const back = [there.at(-1) ?? START];
    while ((back.at(-1)?.step ?? 0) > 0) back.push(eventBack(lanes, back.at(-1) ?? START));
    const behind = (places: typeof there): number[] => places.map((place) => eventsBehind(lanes[0], place));
    expect(behind(back).reverse()).toEqual(behind(there));
    expect(behind(there).at(-1)).toBe(lanes[0].machine.nrEvents);
  });

  it('are written into an address and found again', async () => {
    const { lanes } = await session;
    for (let place = START, i = 0; i < 40; place = eventOn(lanes, place), i++)
      expect(placeFrom(placeText(place), lanes)).toEqual(place);
    expect(placeFrom('999999.7', lanes)).toEqual({ step: lastStep(lanes), event: null });
    expect(placeFrom('<script>', lanes)).toEqual(START);
  });

  it('know the steps at which something is found', async () => {
    const { lanes } = await session;
    const [step] = hazardSteps([lanes[1]]);
    expect(foundUntil(lanes[1], { step: step - 1, event: null })).toEqual([]);
    expect(foundUntil(lanes[1], { step, event: null }).map(({ hazard }) => hazard)).toContain('H1');
    expect(hazardSteps([lanes[2]])).toEqual([]);
  });
});
