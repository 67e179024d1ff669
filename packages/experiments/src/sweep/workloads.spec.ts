import { describe, expect, it } from '@jest/globals';
import { catalogueOf } from '@cowlab/composition';
import { type Scenario, scenario, type Step } from '@cowlab/scenario';
import { experiment } from './experiment.ts';
import { randomOf } from './random.ts';
import { runExperiment } from './run-experiment.ts';
import { bufferPool, dataLoader, prefork, snapshot } from './workloads.ts';
import { mixed, sequential, uniform, type Writer, zipf } from './writers.ts';

/** How often each page is written in 10,000 stores. */
function tally(writer: Writer, pages: number, seed = 1): number[] {
  const next = writer(randomOf(seed));
  const times = new Array<number>(pages).fill(0);
  for (let nr = 0; nr < 10_000; nr++) times[next()]++;
  return times;
}

describe('writers', () => {
  it('uniform: every page is written about as often', () => {
    for (const times of tally(uniform(10), 10)) expect(Math.abs(times - 1000)).toBeLessThan(150);
  });

  it('zipf: page 0 is written about k + 1 times as often as page k', () => {
    const times = tally(zipf(100), 100);
    for (const page of [1, 3, 9]) expect(times[0] / times[page] / (page + 1)).toBeCloseTo(1, 0);
    expect(times.every((nr) => nr > 0)).toBe(true);
  });

  it('sequential: page after page, round after round', () => {
    const next = sequential(3)(randomOf(1));
    expect([next(), next(), next(), next()]).toEqual([0, 1, 2, 0]);
    expect(sequential(3, 2)(randomOf(1))()).toBe(2);
  });

  it('mixed: each writer gets its share', () => {
    const times = tally(mixed([3, () => () => 0], [1, () => () => 1]), 2);
    expect(times[0] / times[1]).toBeCloseTo(3, 0);
  });

  it('the same seed makes the same stores, another one others', () => {
    expect(tally(zipf(50), 50, 7)).toEqual(tally(zipf(50), 50, 7));
    expect(tally(zipf(50), 50, 7)).not.toEqual(tally(zipf(50), 50, 8));
  });

  it('refuse to write to no page', () => {
    expect(() => uniform(0)).toThrow('uniform: is asked for 0 of them; give at least 1');
    expect(() => mixed([0, uniform(1)])).toThrow('mixed: the shares add up to 0; give shares above 0');
  });
});

const program = (steps: readonly Step[]): Scenario => scenario('Who pays?').steps(steps).build();

/** Base pages copied, at fork() and on write, and pinned pages that were lost. */
async function costs(steps: (random: ReturnType<typeof randomOf>) => readonly Step[], lanes: string) {
  const table = await runExperiment(
    experiment({ question: 'Who pays?', lanes, sweep: {}, scenario: (_, random) => program(steps(random)),
      measure: ['pagesCopiedAtFork', 'pagesCopiedOnWrite', 'lost'] }),
    { catalogue: await catalogueOf() },
  );
  return table.rows.map((
    { measures: { pagesCopiedAtFork, pagesCopiedOnWrite, lost } },
  ) => [pagesCopiedAtFork.mean, pagesCopiedOnWrite.mean, lost.mean]);
}

describe('workloads', () => {
  it('snapshot: the parent pays one copy for each page that it writes while the child lives', async () => {
    const of = (writes: number) =>
      costs((random) => snapshot(random, { pages: 64, writes, writer: sequential(64) }), 'linux-6.1');
    expect([await of(0), await of(10), await of(200)]).toEqual([[[0, 0, 0]], [[0, 10, 0]], [[0, 64, 0]]]);
  });

  it('prefork: each worker copies what it writes', async () => {
    expect(
      await costs((random) => prefork(random, { workers: 3, pages: 32, writes: 8, writer: sequential(32) }),
        'linux-6.1'),
    ).toEqual([[0, 24, 0]]);
  });

  it('buffer pool: the early copy pays at fork(), the page-count rule loses the pinned pages', async () => {
    const pool = (random: ReturnType<typeof randomOf>) =>
      bufferPool(random, { pages: 64, pinned: 16, buffer: 4, writes: 64, writer: sequential(64) });
    expect(await costs(pool, 'linux-5.9,linux-5.9-rc5')).toEqual([[16, 48, 0], [0, 64, 16]]);
  });

  it('data loader: workers that count references copy what they look at', async () => {
    const loader = (random: ReturnType<typeof randomOf>) =>
      dataLoader(random, { workers: 2, pages: 128, samples: 50, staging: 4, writer: sequential(128) });
    expect(await costs(loader, 'linux-5.9')).toEqual([[8, 100, 0]]);
  });
});
