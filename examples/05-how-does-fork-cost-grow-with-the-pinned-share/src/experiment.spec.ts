import { describe, expect, it } from '@jest/globals';
import { runExperiment, sweepCsv } from 'cowlab/experiment';
import experiment from './experiment.ts';

const PATIENCE_MS = 120_000;

describe('the pinned share of memory', () => {
  it('is copied at fork() by the early copy, left out by MADV_DONTFORK, and lost by naive COW', async () => {
    const table = await runExperiment(experiment);
    for (const { lane, parameters: { percent }, measures: { atFork, later, entries, lost } } of table.rows) {
      const pinned = 1024 * percent / 100;
      const wanted = {
        naive: { atFork: 0, later: 1024, entries: 1024, lost: pinned },
        dontfork: { atFork: 0, later: 1024 - pinned, entries: 1024 - pinned, lost: 0 },
        'early-copy': { atFork: pinned, later: 1024 - pinned, entries: 1024, lost: 0 },
      }[lane];
      expect({ lane, percent, atFork: atFork.mean, later: later.mean, entries: entries.mean, lost: lost.mean }).toEqual(
        {
          lane,
          percent,
          ...wanted,
        },
      );
    }
    expect(sweepCsv(table).split('\r\n')).toHaveLength(1 + 4 * 3 + 1);
  }, PATIENCE_MS);
});
