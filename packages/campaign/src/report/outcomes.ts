/** What the units of a campaign came to, put together as the command that asks at once tells it. */
import type { KernelConformance } from '@cowlab/conformance';
import type { Queries } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import type { Campaign } from '../store/campaigns.ts';
import type { RaceOutcome } from '../work/check-work.ts';

/** In the order of the units. */
export async function racesOf(queries: Queries, campaign: Campaign): Promise<readonly RaceOutcome[]> {
  return await outcomes(queries, campaign, 'race') as readonly RaceOutcome[];
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
