/**
 * A search in cells: a cell is entered when all before it are done. When the last one is, and some cell learnt what the
 * others had to know, all of them are searched anew; what is broken is asked once more as a whole, for the way to it.
 */
import { cellKey, cellsOf, isBefore, joined, type Knowledge } from '@cowlab/checker';
import type { Queries } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import { type CellUnit, searchOf, type Unit } from '../plan/unit.ts';
import type { UnitQueue } from '../queue/unit-queue.ts';
import { type Campaign, enterUnits } from './campaigns.ts';

/** What a cell is given: what all of them rely on, and what those before it found behind them. */
export interface Given {
  readonly knowledge: Knowledge;
  readonly into: readonly unknown[];
}

/** Cells of one pass have numbers of their own. */
const PASS_SEQ = 100_000;

export async function followCells(queries: Queries, queue: UnitQueue, campaign: Campaign, unit: Unit): Promise<void> {
  if (campaign.question.kind !== 'check' || (unit.work !== 'look' && unit.work !== 'cell')) return;
  const { pieces } = campaign.question;
  const { race, lane, memory } = unit;
  const at = (pass: number, i: number, j: number): CellUnit => ({ work: 'cell', race, lane, memory, pass, i, j });
  const enter = (one: Unit, seq: number): Promise<number> => enterUnits(queries, queue, campaign.id, [one], seq);
  if (unit.work === 'look') return void await enter(at(1, 0, 0), PASS_SEQ);
  const { pass } = unit;
  const rows = await queries.query(
    `SELECT unit, state, outcome->'broken' AS broken, outcome->'crashes' AS crashes, outcome->'stuck' AS stuck
     FROM ${SCHEMA}.unit WHERE campaign = $1 AND work = 'cell' AND unit @> $2::jsonb`,
    [campaign.id, JSON.stringify({ ...searchOf(unit), pass })],
  );
  const done = new Set(rows.filter(({ state }) => state === 'done').map((row) => cellKey(row.unit as CellUnit)));
  const cells = cellsOf(pieces);
  for (const [index, cell] of cells.entries()) {
    if (cells.every((one) => !isBefore(one, cell) || done.has(cellKey(one))))
      await enter(at(pass, cell.i, cell.j), pass * PASS_SEQ + index);
  }
  if (done.size < cells.length) return;
  const before = await knowledgeBefore(queries, campaign.id, unit);
  const learnt = await knowledgeBefore(queries, campaign.id, { ...unit, pass: pass + 1 });
  if (joined(before, learnt) !== null) return void await enter(at(pass + 1, 0, 0), (pass + 1) * PASS_SEQ);
  // Where somebody waits for ever, the race says whether that is broken.
  if (rows.some(({ broken, crashes, stuck }) => broken !== 0 || crashes !== 0 || stuck !== 0))
    await enter({ work: 'race', race, lane, memory }, PASS_SEQ - 1);
}

/** Of the first look and of all passes before this one. */
async function knowledgeBefore(queries: Queries, campaign: number, unit: CellUnit): Promise<Knowledge> {
  const rows = await queries.query(
    `SELECT outcome->'knowledge' AS knowledge FROM ${SCHEMA}.unit
     WHERE campaign = $1 AND state = 'done' AND unit @> $2::jsonb
       AND (work = 'look' OR (work = 'cell' AND (unit->>'pass')::int < $3)) ORDER BY seq`,
    [campaign, JSON.stringify(searchOf(unit)), unit.pass],
  );
  return rows.map(({ knowledge }) => knowledge as Knowledge).reduce((one, other) => joined(one, other) ?? one);
}

/** null: the unit needs nothing of others. */
export async function givenTo(queries: Queries, { id }: Campaign, unit: Unit): Promise<Given | null> {
  if (unit.work !== 'cell') return null;
  const rows = await queries.query(
    `SELECT outcome->'out'->$3 AS states FROM ${SCHEMA}.unit WHERE campaign = $1 AND work = 'cell' AND state = 'done'
     AND unit @> $2::jsonb AND outcome->'out' ? $3 ORDER BY seq`,
    [id, JSON.stringify({ ...searchOf(unit), pass: unit.pass }), cellKey(unit)],
  );
  return { knowledge: await knowledgeBefore(queries, id, unit), into: rows.map(({ states }) => states) };
}
