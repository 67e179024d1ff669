/** Campaigns in the engine: begun, listed, paused, ended. */
import { CampaignError } from '../campaign-error.ts';
import type { Database, Queries, Row } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import type { Question } from '../plan/question.ts';
import { needOf, sizeOf, type Unit, unitKey } from '../plan/unit.ts';
import { queueName, type UnitQueue } from '../queue/unit-queue.ts';

export type CampaignState = 'running' | 'paused' | 'cancelled' | 'done';

export interface Campaign {
  readonly id: number;
  readonly name: string;
  readonly kind: Question['kind'];
  readonly build: string;
  /** The command, in words. */
  readonly asked: string;
  readonly question: Question;
  /** What workers must have: empty for any, or a kernel. */
  readonly needs: readonly string[];
  readonly state: CampaignState;
  readonly priority: number;
  /** Of the units, how many are run twice. */
  readonly share: number;
  readonly begun: Date;
  readonly ended: Date | null;
}

export type NewCampaign = Pick<Campaign, 'name' | 'build' | 'asked' | 'question' | 'priority' | 'share'> & {
  readonly units: readonly Unit[];
};

/** In the order of the units; what follows from them (programs made small) goes before all. */
export const PRIORITY = { unit: 0, again: 5, shrink: 10 } as const;

/** @throws CampaignError when there is one of that name */
export async function beginCampaign(database: Database, queue: UnitQueue, it: NewCampaign): Promise<Campaign> {
  const needs = [...new Set(it.units.map(needOf))];
  const [taken] = await database.query(`SELECT 1 FROM ${SCHEMA}.campaign WHERE name = $1`, [it.name]);
  if (taken !== undefined)
    throw new CampaignError(`--name ${it.name}`, 'there is a campaign of that name', 'give it another one');
  // Its number is needed for the names of its queues; without units nobody looks at it.
  const [{ id }] = await database.query(
    `INSERT INTO ${SCHEMA}.campaign (name, kind, build, asked, question, needs, state, priority, share)
     VALUES ($1, $2, $3, $4, $5, $6, 'paused', $7, $8) RETURNING id`,
    [it.name, it.question.kind, it.build, it.asked, JSON.stringify(it.question), JSON.stringify(needs), it.priority,
      it.share],
  );
  await queue.make(id as number, needs);
  await queue.know(needs.map((need) => queueName(id as number, need)));
  await database.transaction(async (queries) => {
    await enterUnits(queries, queue, id as number, it.units, 0);
    await queries.query(`UPDATE ${SCHEMA}.campaign SET state = 'running' WHERE id = $1`, [id]);
  });
  return campaignNamed(database, it.name);
}

/** Units that are there already are left as they are. Says how many are new. */
export async function enterUnits(
  queries: Queries,
  queue: UnitQueue,
  campaign: number,
  units: readonly Unit[],
  from: number,
): Promise<number> {
  const rows = units.map((unit, at) => ({ key: unitKey(unit), seq: from + at, work: unit.work, need: needOf(unit),
    size: sizeOf(unit), unit })
  );
  const entered = await queries.query(
    `INSERT INTO ${SCHEMA}.unit (campaign, key, seq, work, need, size, unit)
     SELECT $1, key, seq, work, need, size, unit
     FROM jsonb_to_recordset($2::jsonb) AS r(key text, seq int, work text, need text, size int, unit jsonb)
     ON CONFLICT DO NOTHING RETURNING key, need, work, seq`,
    [campaign, JSON.stringify(rows)],
  );
  for (const need of new Set(entered.map((row) => row.need as string))) {
    const tickets = entered.filter((row) => row.need === need).sort((a, b) => (a.seq as number) - (b.seq as number));
    await queue.enter(queueName(campaign, need),
      tickets.map(({ key, work }) => ({ key: key as string, turn: 0,
        priority: work === 'shrink' ? PRIORITY.shrink : PRIORITY.unit, notBy: null })
      ), queries);
  }
  return entered.length;
}

export async function campaigns(database: Queries): Promise<readonly Campaign[]> {
  return (await database.query(`SELECT * FROM ${SCHEMA}.campaign ORDER BY id`)).map(campaignIn);
}

/** Of that name; without one the last that was begun. @throws CampaignError */
export async function campaignNamed(database: Queries, name: string | null): Promise<Campaign> {
  const all = await campaigns(database);
  const found = name === null ? all.at(-1) : all.find((one) => one.name === name);
  if (found !== undefined) return found;
  if (name === null)
    throw new CampaignError('this engine', 'holds no campaign', 'begin one: cowlab campaign fuzz --seed 7');
  throw new CampaignError(name, 'there is no such campaign', all.length === 0
    ? 'this engine holds none'
    : `there are ${all.slice(-NAMED_MAX).map((one) => one.name).join(', ')}`);
}

const NAMED_MAX = 8;

/** Those that workers of this build may carry, the most urgent first. */
export async function openCampaigns(database: Queries, build: string): Promise<readonly Campaign[]> {
  return (await database.query(
    `SELECT * FROM ${SCHEMA}.campaign WHERE state = 'running' AND build = $1 ORDER BY priority DESC, id`,
    [build],
  ))
    .map(campaignIn);
}

/** @throws CampaignError where that cannot be, such as for one that is done */
export async function setState(database: Queries, { id, name, state }: Campaign, to: CampaignState): Promise<void> {
  if (state === 'done' || (state === 'cancelled' && to !== 'running'))
    throw new CampaignError(name, `is ${state}`, 'begin another one');
  await database.query(
    `UPDATE ${SCHEMA}.campaign SET state = $2, ended = CASE WHEN $2 = 'cancelled' THEN now() END WHERE id = $1`,
    [id, to],
  );
}

function campaignIn(row: Row): Campaign {
  const { id, name, kind, build, asked, question, needs, state, priority, share, begun, ended } = row;
  return { id, name, kind, build, asked, question, needs, state, priority, share, begun, ended } as Campaign;
}
