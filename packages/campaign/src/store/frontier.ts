/**
 * Which programs are made small. Of each look it is those of the lowest numbers, whoever met which first: so units are
 * followed in their order, as far as all of them are done, and two campaigns of one question come to the same units.
 */
import type { Queries } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import type { Unit } from '../plan/unit.ts';
import type { UnitQueue } from '../queue/unit-queue.ts';
import { type ProgramsOutcome, SHRUNK_ALIKE_MAX } from '../work/fuzz-work.ts';
import { type Campaign, enterUnits } from './campaigns.ts';

interface Frontier {
  /** Units before this one are done. */
  readonly seq: number;
  /** By lane, opponent and look: the programs that are made small. */
  readonly looks: Readonly<Record<string, readonly number[]>>;
}

/** Behind all ranges of programs. */
const SHRINK_SEQ = 1_000_000_000;

/** `anew`: an outcome was replaced, so what followed from it has to be found again. */
export async function follow(queries: Queries, queue: UnitQueue, { id, kind }: Campaign, anew = false): Promise<void> {
  if (kind !== 'fuzz') return;
  const [{ frontier }] = await queries.query(`SELECT frontier FROM ${SCHEMA}.campaign WHERE id = $1`, [id]);
  const { seq = 0, looks: before = {} } = anew ? {} : frontier as Partial<Frontier>;
  const rows = await queries.query(
    `SELECT seq, unit, outcome->'looks' AS looks FROM ${SCHEMA}.unit
     WHERE campaign = $1 AND work = 'programs' AND seq >= $2 AND seq < coalesce(
       (SELECT min(seq) FROM ${SCHEMA}.unit WHERE campaign = $1 AND work = 'programs' AND state <> 'done'), 2147483647)
     ORDER BY seq`,
    [id, seq],
  );
  if (rows.length === 0 && !anew) return;
  const looks: Record<string, readonly number[]> = { ...before };
  const units: Unit[] = [];
  for (const row of rows) {
    const { lane, against } = row.unit as Extract<Unit, { work: 'programs' }>;
    for (const [look, { first }] of Object.entries(row.looks as ProgramsOutcome['looks'])) {
      const name = JSON.stringify([lane, against, look]);
      const known = looks[name] ?? [];
      const added = first.slice(0, SHRUNK_ALIKE_MAX - known.length);
      looks[name] = [...known, ...added];
      for (const number of added) units.push({ work: 'shrink', lane, against, number });
    }
  }
  if (anew) await forgetOthers(queries, id, units);
  if (units.length > 0) await enterUnits(queries, queue, id, units, SHRINK_SEQ);
  const next = (rows.at(-1)?.seq as number | undefined ?? seq - 1) + 1;
  await queries.query(`UPDATE ${SCHEMA}.campaign SET frontier = $2 WHERE id = $1`, [id,
    JSON.stringify({ seq: next, looks } satisfies Frontier)]);
}

/** What a false outcome had asked for. */
async function forgetOthers(queries: Queries, id: number, units: readonly Unit[]): Promise<void> {
  await queries.query(
    `DELETE FROM ${SCHEMA}.unit WHERE campaign = $1 AND work = 'shrink' AND NOT (unit = ANY (
       SELECT jsonb_array_elements($2::jsonb)))`,
    [id, JSON.stringify(units)],
  );
}
