/** What the units of a campaign came to, put together as the command that asks at once tells it. */
import { type CellOutcome, countsOf } from '@cowlab/checker';
import type { KernelConformance } from '@cowlab/conformance';
import type { Queries } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import { type CellUnit, searchOf, type SearchUnit } from '../plan/unit.ts';
import type { Campaign } from '../store/campaigns.ts';
import type { RaceOutcome } from '../work/check-work.ts';

/** Those that were asked as a whole, and those that were searched in cells and are through. */
export async function racesOf(queries: Queries, campaign: Campaign): Promise<readonly RaceOutcome[]> {
  const whole = await outcomes(queries, campaign, 'race') as readonly RaceOutcome[];
  const split = await splitRaces(queries, campaign);
  return [...whole,
    ...split.filter((one) =>
      !whole.some(({ race, lane, memory }) => race === one.race && lane === one.lane && memory === one.memory)
    )];
}

/** Cells of the last pass, put together as one machine counts; without the states that they told each other. */
async function splitRaces(queries: Queries, { id, question }: Campaign): Promise<readonly RaceOutcome[]> {
  if (question.kind !== 'check' || question.pieces < 2) return [];
  const looks = await queries.query(
    `SELECT unit, outcome->'claim' AS claim FROM ${SCHEMA}.unit
     WHERE campaign = $1 AND work = 'look' AND state = 'done' ORDER BY seq`,
    [id],
  );
  const found: RaceOutcome[] = [];
  for (const { unit, claim } of looks) {
    const search = searchOf(unit as SearchUnit);
    const rows = await queries.query(
      `SELECT unit, outcome - 'out' - 'knowledge' AS outcome FROM ${SCHEMA}.unit
       WHERE campaign = $1 AND work = 'cell' AND state = 'done' AND unit @> $2::jsonb ORDER BY seq`,
      [id, JSON.stringify(search)],
    );
    const passes = Math.max(0, ...rows.map((row) => (row.unit as CellUnit).pass));
    const cells = rows.filter((row) => (row.unit as CellUnit).pass === passes);
    if (cells.length < question.pieces ** 2) continue;
    const { cells: _, ...counts } = countsOf(cells.map(({ outcome }) => outcome as CellOutcome), false);
    found.push({ ...search, ...counts, claim: claim as RaceOutcome['claim'], passes, bytes: 0, broken: [], trail: null,
      holds: counts.verdict === (claim ?? 'safe') });
  }
  return found;
}

/** Of each set and kernel one. */
export async function conformanceOf(queries: Queries, campaign: Campaign): Promise<readonly KernelConformance[]> {
  const all = new Map<string, KernelConformance>();
  for (const one of await outcomes(queries, campaign, 'recorded') as readonly KernelConformance[]) {
    const key = `${one.set} ${one.kernel}`;
    const before = all.get(key);
    all.set(key, before === undefined
      ? one
      : { ...before, nrPrograms: before.nrPrograms + one.nrPrograms, nrRecorded: before.nrRecorded + one.nrRecorded,
        nrSame: before.nrSame + one.nrSame, divergences: [...before.divergences, ...one.divergences],
        reporting: [...before.reporting, ...one.reporting] });
  }
  return [...all.values()];
}

async function outcomes(queries: Queries, { id }: Campaign, work: string): Promise<readonly unknown[]> {
  const rows = await queries.query(
    `SELECT outcome FROM ${SCHEMA}.unit WHERE campaign = $1 AND work = $2 AND state = 'done' ORDER BY seq`,
    [id, work],
  );
  return rows.map(({ outcome }) => outcome);
}
