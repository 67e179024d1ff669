import { describe, expect, it } from '@jest/globals';
import { compose, type Lane, resolveLanes } from '@cowlab/composition';
import { openCatalogue } from '@cowlab/composition/node';
import { onMachine } from './on-machine.ts';

const catalogue = await openCatalogue({ cwd: '/' });
const laneOf = async (text: string): Promise<Lane> => (await resolveLanes(text, catalogue))[0];
const mapsIn = (lane: Lane): string => compose([lane])[0].policy.traits.zeroPage;

describe('a lane on the machine at hand', () => {
  it('is as it was where the zero page is mapped', async () => {
    const lane = await laneOf('linux-6.18');
    expect(onMachine(lane, 'mapped', catalogue)).toEqual({ lane, machine: null });
    expect(mapsIn(lane)).toBe('mapped');
  });

  it.each([
    ['by-split',
      'this kernel maps no zero page but by the split of a THP; the model runs with no-zero-page:split=true on top'],
    ['forbidden', 'this kernel maps no zero page; the model runs with no-zero-page on top'],
  ] as const)('does without the zero page where it is forbidden (%s), under the name by which scenarios know it',
    async (zeroPage, machine) => {
      const lane = await laneOf('linux-6.18');
      const added = onMachine(lane, zeroPage, catalogue);
      expect(added.machine).toBe(machine);
      expect(added.lane.name).toBe('linux-6.18');
      expect(mapsIn(added.lane)).toBe(zeroPage);
      expect(mapsIn(lane)).toBe('mapped');
    });

  it('keeps what it says of the zero page itself', async () => {
    const lane = await laneOf('linux-6.18+no-zero-page');
    expect(onMachine(lane, 'by-split', catalogue)).toEqual({ lane, machine: null });
    expect(mapsIn(lane)).toBe('forbidden');
  });
});
