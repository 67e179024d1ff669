import { readFileSync } from 'node:fs';
import { compareScenario, type LaneReport } from '@cowlab/experiments/compare';
import { openCatalogue } from '@cowlab/composition/node';
import { parseScenario } from '@cowlab/scenario';
import { resolveLanes } from '@cowlab/composition';
import { policyContract } from '@cowlab/testing';
import { describe, expect, it } from '@jest/globals';
import reusePinned from './reuse-pinned.ts';

policyContract(reusePinned);

describe('a write that keeps the pinned page', () => {
  it('keeps the pin where naive COW loses it', async () => {
    const [naive, reuse] = await lanesOf('01-rw-pin-fork-parent-writes');
    expect(states(naive)).toEqual(['diverged', 'diverged']);
    expect(states(reuse)).toEqual(['coherent', 'coherent']);
  });

  it('shows the child what its parent stores after fork()', async () => {
    const [naive, reuse] = await lanesOf('02-rw-pin-fork-child-writes-first');
    expect(naive.hazards).toEqual([]);
    expect(reuse.hazards).toEqual(['H4']);
  });
});

const states = ({ pins }: LaneReport): string[] => pins[0].pages.map(({ state }) => state);

async function lanesOf(situation: string): Promise<readonly LaneReport[]> {
  const text = readFileSync(new URL(`../situations/${situation}.cow`, import.meta.url), 'utf8');
  const catalogue = await openCatalogue({ cwd: process.cwd(), plugins: [reusePinned] });
  return compareScenario(parseScenario(text, situation), await resolveLanes('naive-cow,reuse-pinned', catalogue)).lanes;
}
