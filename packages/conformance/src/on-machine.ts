/**
 * What the machine at hand adds to a kernel: a lane is a release, and says nothing about a machine that forbids the
 * zero
 * page. Whoever compares a lane with what a machine did asks here first. The lane keeps its name, by which scenarios
 * expect
 * something of it.
 */
import { type ZeroPage, zeroPageText } from '@cowlab/oracle';
import { type Catalogue, laidOver, type Lane } from '@cowlab/composition';

const POLICY = 'no-zero-page';

export interface OnMachine {
  readonly lane: Lane;
  /** What was added and why; null: nothing. */
  readonly machine: string | null;
}

/** A lane that has a word of its own about the zero page keeps it. */
export function onMachine(lane: Lane, zeroPage: ZeroPage, catalogue: Catalogue): OnMachine {
  const told = zeroPageText(zeroPage);
  if (told === null || lane.stack.some(({ plugin }) => plugin.id === POLICY)) return { lane, machine: null };
  const split = zeroPage === 'by-split';
  return {
    lane: laidOver(lane, { policy: POLICY, options: { split } }, catalogue),
    machine: `${told}; the model runs with ${POLICY}${split ? ':split=true' : ''} on top`,
  };
}
