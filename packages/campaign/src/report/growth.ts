/** How what is known grows with the programs: cells of the model, decisions of policies, pairs of steps, findings. */
import type { Queries } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import type { Campaign } from '../store/campaigns.ts';
import type { Finding } from '../store/findings.ts';
import type { ProgramsOutcome } from '../work/fuzz-work.ts';
import { PAIR } from '../work/step-pairs.ts';

export interface GrowthPoint {
  /** So many programs of each lane. */
  readonly programs: number;
  /** Facts, verdicts and atomic steps that the model came to. */
  readonly cells: number;
  /** Of these, verdicts of policies. */
  readonly decisions: number;
  /** Kinds of step that came right behind each other. */
  readonly stepPairs: number;
  /** Causes that the first of these programs show. */
  readonly findings: number;
}

export interface Growth {
  /** Cells that there are. */
  readonly cells: number;
  readonly points: readonly GrowthPoint[];
  /** Cells that no program reached. */
  readonly diverging: number;
  readonly unjudged: number;
}

/** Of the units that are done, in the order of their programs. */
export async function growth(queries: Queries, { id }: Campaign, found: readonly Finding[]): Promise<Growth> {
  const rows = await queries.query(
    `SELECT (unit->>'to')::int AS upto, outcome FROM ${SCHEMA}.unit
     WHERE campaign = $1 AND work = 'programs' AND state = 'done' ORDER BY 1, seq`,
    [id],
  );
  const reached = new Set<string>();
  const points: GrowthPoint[] = [];
  const all = { cells: 0, diverging: 0, unjudged: 0 };
  let [decisions, stepPairs] = [0, 0];
  for (const { upto, outcome } of rows) {
    const { reached: cells, cells: nrCells, diverging, unjudged } = outcome as ProgramsOutcome;
    for (const cell of Object.keys(cells)) {
      if (reached.has(cell)) continue;
      reached.add(cell);
      if (cell.startsWith('verdict ')) decisions++;
      else if (cell.startsWith(PAIR)) stepPairs++;
    }
    all.cells = Math.max(all.cells, nrCells);
    all.diverging += diverging;
    all.unjudged += unjudged.length;
    const point = { programs: upto as number, cells: reached.size - stepPairs, decisions, stepPairs,
      findings: found.filter(({ program }) => program !== null && program < (upto as number)).length };
    if (points.at(-1)?.programs === upto) points[points.length - 1] = point;
    else points.push(point);
  }
  return { ...all, points };
}
