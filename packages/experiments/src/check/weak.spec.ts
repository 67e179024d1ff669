import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ask, check, formatRace, mendRace, parseRace, questionText, QUESTIONS, replayWeakly } from '@cowlab/checker';
import { policyOf, resolveLanes } from '@cowlab/composition';
import { openWorkplace } from '@cowlab/composition/node';

const { catalogue } = await openWorkplace(import.meta.dirname);
const laneOf = async (name: string) => {
  const [lane] = await resolveLanes(name, catalogue);
  return { name, policy: policyOf(lane) };
};
const PAGE = readFileSync(new URL('../../../../docs/fork-against-gup.md', import.meta.url), 'utf8');

const asked = (lane: string, vma: string, pin: string, atomics: string) => {
  const found = QUESTIONS.find((question) =>
    question.lane === lane && question.kind === 'small' && question.vma === vma && question.pin === pin
    && question.atomics === atomics
  );
  if (found === undefined) throw new Error('the question is not asked');
  return found;
};

describe('fork() against fast GUP on ARMv8', () => {
  it.each([
    ['linux-5.11', 'first', 'again', 'lse', 'safe'],
    ['linux-5.11', 'second', 'again', 'lse', 'broken'],
    ['linux-5.19', 'second', 'again', 'lse', 'broken'],
    ['linux-5.19', 'second', 'again', 'llsc', 'safe'],
    ['linux-6.1', 'second', 'again', 'lse', 'safe'],
  ])('%s, %s VMA, pinned %s, %s: %s, as the page says', async (lane, vma, pin, atomics, verdict) => {
    const race = parseRace(questionText(asked(lane, vma, pin, atomics)), 'asked');
    const result = check(race, await laneOf(lane), { memory: 'armv8', explorer: 'bfs' });
    expect(result.verdict).toBe(verdict);
    expect(PAGE).toMatch(
      new RegExp(
        `\\| ${
          lane.slice(6)
        } +\\| small +\\| ${vma} +\\| ${pin} +\\| ${atomics} +\\| safe +\\| safe +\\| ${verdict} +\\|`,
      ),
    );
  });

  it('what is broken is drawn, and broken again by its schedule', async () => {
    const race = parseRace(questionText(asked('linux-5.11', 'second', 'again', 'lse')), 'asked');
    const lane = await laneOf('linux-5.11');
    const { trail } = check(race, lane, { memory: 'armv8', explorer: 'bfs' });
    expect(trail?.steps.some(({ step }) => step.endsWith('[old]') || step.includes('[early]'))).toBe(true);
    expect(replayWeakly(ask(race, lane.policy), lane.name, trail?.schedule ?? '').broken).toEqual(trail?.broken);
  });

  it('one full barrier where fork() has said that it copies mends it, and one behind the pin does not', async () => {
    const race = parseRace(questionText(asked('linux-5.11', 'second', 'again', 'lse')), 'asked');
    const mends = mendRace(race, await laneOf('linux-5.11'), { memory: 'armv8', among: ['seq', 'pin'] });
    expect(mends).toMatchObject({ verdict: 'broken', answer: 'mended', sets: [{ strengthen: ['seq'], restore: [] }],
      undecided: [] });
  });

  it('walks at random find no end that the search does not', async () => {
    const race = parseRace(questionText(asked('linux-6.1', 'second', 'again', 'lse')), 'asked');
    const result = check(race, await laneOf('linux-6.1'), { memory: 'armv8', explorer: 'random', walks: 200, seed: 3 });
    expect(result.verdict).toBe('bounded');
    expect(result.finals).toBe(200);
  });

  it('what one order breaks, ARMv8 breaks', async () => {
    const race = parseRace(questionText(asked('linux-5.11', 'first', 'again', 'lse')), 'asked');
    expect(check(race, await laneOf('linux-5.9'), { memory: 'armv8', explorer: 'bfs' }).verdict).toBe('broken');
  });

  it('a race says which barriers it has in addition, and how atomics are made', () => {
    const text = questionText(asked('linux-5.11', 'second', 'again', 'llsc')).replace('actor A',
      'strengthen seq pin\nactor A');
    const race = parseRace(text, 'asked');
    expect([race.strengthened, race.atomics]).toEqual([['seq', 'pin'], 'llsc']);
    expect(parseRace(formatRace(race), 'asked')).toEqual(race);
    expect(() => parseRace(text.replace('llsc', 'both'), 'asked')).toThrow(/atomics lse\|llsc|lse/);
  });
});
