/** The table that a sweep comes to when all of its cells are there: as `cowlab sweep` has it. */
import { planFrom } from '@cowlab/experiments/node';
import { type SweepTable, tableOf } from '@cowlab/experiments/sweep';
import { CampaignError } from '../campaign-error.ts';
import type { Queries } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import type { Campaign } from '../store/campaigns.ts';
import { type CellsOutcome, sourceOf } from '../work/sweep-work.ts';
import type { WorkPlace } from '../work/workshop.ts';

/** @throws CampaignError while cells are missing, or where workers had other files than there are here */
export async function sweepTableOf(
  queries: Queries,
  { id, name, question }: Campaign,
  place: WorkPlace,
): Promise<SweepTable> {
  if (question.kind !== 'sweep') throw new CampaignError(name, 'is no sweep', 'cowlab campaign report shows it');
  const rows = await queries.query(
    `SELECT outcome FROM ${SCHEMA}.unit WHERE campaign = $1 AND state = 'done' AND work = 'cells' ORDER BY seq`,
    [id],
  );
  const outcomes = rows.map(({ outcome }) => outcome as CellsOutcome);
  const plan = await planFrom(sourceOf(question, place));
  const values = outcomes.flatMap((outcome) => outcome.values);
  if (values.length !== plan.nr)
    throw new CampaignError(name, `${values.length} of ${plan.nr} cells are done`, 'wait for the others');
  if (new Set(outcomes.map(({ of }) => of)).size > 1)
    throw new CampaignError(name, 'workers had different files',
      'give all of them the same, and begin another campaign');
  return tableOf(plan, values);
}
