/** Units of one search in cells: a first look, and a cell. */
import { claimOf, type CellOutcome, type Knowledge, type PortableStates, type Race,
  SplitSearch } from '@cowlab/checker';
import type { RaceLane } from '@cowlab/experiments/check';
import type { Unit } from '../plan/unit.ts';

export interface LookOutcome {
  readonly knowledge: Knowledge;
  /** What the file says. */
  readonly claim: 'safe' | 'broken' | null;
}

export function lookAt(race: Race, lane: RaceLane, unit: Extract<Unit, { work: 'look' }>): LookOutcome {
  const said = claimOf(race, [lane.name, lane.written], unit.memory);
  return { knowledge: new SplitSearch(race, lane.policy, unit.memory).look(),
    claim: said === null ? null : said.safe ? 'safe' : 'broken' };
}

export function searchCell(
  race: Race,
  lane: RaceLane,
  unit: Extract<Unit, { work: 'cell' }>,
  pieces: number,
  given: { readonly knowledge: Knowledge; readonly into: readonly unknown[] },
): CellOutcome {
  return new SplitSearch(race, lane.policy, unit.memory).cell(unit, pieces, given.knowledge,
    given.into as readonly PortableStates[]);
}
