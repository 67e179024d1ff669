import { describe, expect, it } from '@jest/globals';
import { runExperiment } from 'cowlab/experiment';
import experiment from './experiment.ts';

const PATIENCE_MS = 120_000;

describe('a snapshot', () => {
  it('costs the fewest copies where few pages are hot, and never more than there are pages', async () => {
    const { rows } = await runExperiment(experiment);
    const copied = (workload: string, writes: number) => {
      const row = rows.find(({ parameters }) => parameters.workload === workload && parameters.writes === writes);
      if (row === undefined) throw new Error(`no row for ${workload}, ${writes}`);
      return row.measures.copied;
    };
    for (const writes of [32, 128, 512]) {
      const [hot, even, all] = ['zipf', 'uniform', 'sequential'].map((workload) => copied(workload, writes));
      // The intervals do not overlap: it is no chance.
      expect(hot.high).toBeLessThan(even.low);
      expect(even.high).toBeLessThan(all.mean);
      expect(all).toEqual({ mean: Math.min(writes, 256), low: all.mean, high: all.mean, nr: 10 });
      // Of 256 pages, `writes` stores by chance meet this many.
      expect(Math.abs(even.mean / (256 * (1 - (1 - 1 / 256) ** writes)) - 1)).toBeLessThan(0.05);
    }
  }, PATIENCE_MS);
});
