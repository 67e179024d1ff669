import { describe, expect, it } from '@jest/globals';
import { runExperiment } from 'cowlab/experiment';
import experiment from './experiment.ts';

const PATIENCE_MS = 120_000;

describe('a helper process', () => {
  it('by fork() costs an entry for each page, and the early copy the pinned ones; by spawn it costs neither',
    async () => {
      const { rows } = await runExperiment(experiment);
      for (const { lane, parameters: { how, pages }, measures: { entries, copied } } of rows) {
        const forked = how === 'fork';
        const dontfork = lane === 'dontfork';
        expect({ how, lane, pages, entries: entries.mean, copied: copied.mean }).toEqual({ how, lane, pages,
          entries: !forked ? 0 : dontfork ? pages - 64 : pages, copied: forked && !dontfork ? 64 : 0 });
      }
      const tables = (how: string) =>
        rows.find(({ parameters }) => parameters.how === how && parameters.pages === 16384)
          ?.measures.tables.mean ?? 0;
      expect(tables('fork')).toBeGreaterThan(tables('spawn'));
    }, PATIENCE_MS);
});
