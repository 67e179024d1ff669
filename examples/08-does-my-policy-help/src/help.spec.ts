import { describe, expect, it } from '@jest/globals';
import { policyContract } from 'cowlab/testing';
import { run } from './help.ts';
import keepPins from './keep-pins.ts';

policyContract(keepPins, { runs: 20 });

describe('keep-pins', () => {
  it('keeps every pin on both kernels; without it 5.9-rc5 loses them, also when the child is gone', async () => {
    const { rows } = await run();
    expect(
      rows.map((
        { lane, parameters: { childExits }, measures: { pagesCopiedAtFork, lost } },
      ) => [childExits, lane, pagesCopiedAtFork.mean, lost.mean]),
    ).toEqual([
      [false, 'linux-5.7', 0, 16],
      [false, 'linux-5.7+keep-pins', 16, 0],
      [false, 'linux-5.9-rc5', 0, 16],
      [false, 'linux-5.9-rc5+keep-pins', 16, 0],
      [true, 'linux-5.7', 0, 0],
      [true, 'linux-5.7+keep-pins', 16, 0],
      [true, 'linux-5.9-rc5', 0, 16],
      [true, 'linux-5.9-rc5+keep-pins', 16, 0],
    ]);
  });
});
