/**
 * The stress mode that the review asked for: fork() takes every page for pinned. It may cost memory and time; it must
 * not change what the parent's memory holds. Tried on every situation, at every page of the parent and after every
 * step.
 */
import { compose } from '@cowlab/composition';
import type { Lab } from '@cowlab/runtime';
import { lookAtPages, runScenario } from '@cowlab/trial';
import { readSituations } from '@cowlab/experiments/node';
import type { Situation } from '@cowlab/experiments/matrix';
import { describe, expect, it } from '@jest/globals';
import { lanesOf, mmOf, SERIES } from './lanes.ts';

/** What the series changed, told to copy whatever it is asked about. */
const STRESS = 'early-cow:pretendAllPinned=true+thp-split:pretendAllPinned=true';
const PARENT = 0;
/** Rows with a thousand steps that change no byte are looked at in the end only. */
const STEPS_MAX = 100;

interface Ran {
  /** All pages of the parent after each step that is looked at. */
  readonly seen: readonly string[];
  /** What its own loads and the outcome of its steps were. */
  readonly steps: readonly string[];
  readonly copied: number;
}

async function ran({ scenario }: Situation, lane: string): Promise<Ran> {
  const [lab] = compose(await lanesOf(lane));
  const seen: string[] = [];
  const often = scenario.program.steps.length <= STEPS_MAX;
  let nr = 0;
  const { steps } = runScenario(scenario, lab, () => {
    nr++;
    if (often || nr === scenario.program.steps.length) seen.push(memoryOf(lab));
  });
  const copied = steps.flatMap(({ entries }) => entries.flatMap(({ events }) => events)).reduce(
    (sum, event) => sum + (event.type === 'PagesCopied' ? event.nr : 0),
    0,
  );
  const parents = steps.filter(({ step }) => 'p' in step && step.p === PARENT);
  return { seen, steps: parents.map(({ step, outcome }) => `${step.op} ${outcome.ok ? outcome.value : outcome.errno}`),
    copied };
}

/** Every page that the parent maps, by loads on a clone. */
function memoryOf(lab: Lab): string {
  const pages = mmOf(lab, PARENT).vmas.flatMap(({ start, end }) =>
    Array.from({ length: end - start }, (_, at) => ({ task: PARENT, vpn: start + at }))
  );
  return lookAtPages(lab, pages).map((result) => (result.ok ? result.value : result.errno)).join(' ');
}

const situations = readSituations(null);

describe.each(SERIES)('%s with every page taken for pinned', (lane) => {
  it.each(situations)("row $id: the parent's memory is the same", async (situation) => {
    const [plain, stressed] = [await ran(situation, lane), await ran(situation, `${lane}+${STRESS}`)];
    expect(plain.seen.length).toBeGreaterThan(0);
    expect(stressed.seen).toEqual(plain.seen);
    expect(stressed.steps).toEqual(plain.steps);
    expect(stressed.copied).toBeGreaterThanOrEqual(plain.copied);
  });

  it('copies pages that nobody has pinned, small and huge', async () => {
    const copied = async (id: string, stack: string): Promise<number> =>
      (await ran(situations.find((situation) => situation.id === id) as Situation, stack)).copied;
    expect([await copied('10', lane), await copied('10', `${lane}+${STRESS}`)]).toEqual([0, 1]);
    expect([await copied('13', lane), await copied('13', `${lane}+${STRESS}`)]).toEqual([0, 512]);
  });
});

it('the comparison notices: where the parent loses its pins, its memory does change under stress', async () => {
  const row = situations.find(({ id }) => id === '1') as Situation;
  const [plain, stressed] = [await ran(row, 'linux-5.9-rc5'), await ran(row, `linux-5.9-rc5+${STRESS}`)];
  expect(stressed.seen).not.toEqual(plain.seen);
});
