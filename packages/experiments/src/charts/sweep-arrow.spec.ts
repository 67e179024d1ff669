import { describe, expect, it } from '@jest/globals';
import { tableFromIPC } from '@uwdata/flechette';
import type { SweepTable } from '../sweep/sweep-table.ts';
import { sweepArrow } from './sweep-arrow.ts';

const exactly = (mean: number) => ({ mean, low: mean, high: mean, nr: 2 });
const TABLE: SweepTable = { kind: 'sweep', question: 'How much?', lanes: ['naive', 'early'],
  parameters: ['pages', 'advice'], measures: ['copied'], repeats: 2, seed: 1, rows: [
    { lane: 'naive', parameters: { pages: 4, advice: 'none' }, measures: { copied: exactly(0) } },
    { lane: 'early', parameters: { pages: 4, advice: 'none' },
      measures: { copied: { mean: 2.5, low: 2, high: 3, nr: 2 } } },
    { lane: 'naive', parameters: { pages: 8, advice: true }, measures: { copied: exactly(1) } },
  ] };

describe('a sweep in the Arrow file format', () => {
  it('is read back with the columns of its CSV and the same values', async () => {
    const bytes = await sweepArrow(TABLE);
    expect(Buffer.from(bytes.subarray(0, 6)).toString()).toBe('ARROW1');
    const read = tableFromIPC(bytes);
    expect(read.schema.fields.map(({ name }) => name)).toEqual(['pages', 'advice', 'lane', 'repeats', 'copied',
      'copied low', 'copied high']);
    expect(read.toArray().map((row) => Object.values(row as Record<string, unknown>))).toEqual([
      [4, 'none', 'naive', 2, 0, 0, 0],
      [4, 'none', 'early', 2, 2.5, 2, 3],
      [8, 'true', 'naive', 2, 1, 1, 1],
    ]);
  });
});
