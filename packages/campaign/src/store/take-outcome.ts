/**
 * What a worker has come to, taken in: all that follows from it happens in one transaction with the end of its ticket,
 * so that it counts once or not at all, whatever dies in between. A unit of the share is run again by another worker;
 * where two differ a third one decides, and whoever is alone with an answer is trusted no more.
 */
import type { Database, Queries, Row } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import { canonical, hashOf, isOfShare, type Unit } from '../plan/unit.ts';
import { queueName, type Taken, type UnitQueue } from '../queue/unit-queue.ts';
import { type Campaign, PRIORITY } from './campaigns.ts';
import { followCells } from './follow-cells.ts';
import { follow } from './frontier.ts';

export interface Carried {
  readonly campaign: Campaign;
  readonly taken: Taken;
  readonly unit: Unit;
  readonly outcome: unknown;
  readonly worker: string;
  readonly seconds: number;
}

/** False: somebody else has the ticket by now, and what was found is dropped. */
export async function takeOutcome(database: Database, queue: UnitQueue, it: Carried): Promise<boolean> {
  const { campaign, taken: { key, turn } } = it;
  const hash = hashOf(it.outcome);
  await queue.know(campaign.needs.map((need) => queueName(campaign.id, need)));
  return database.transaction(async (queries) => {
    // One after the other: what follows from a unit depends on those before it.
    await queries.query(`SELECT 1 FROM ${SCHEMA}.campaign WHERE id = $1 FOR UPDATE`, [campaign.id]);
    if (!(await queue.complete(it.taken, queries))) return false;
    const [row] = await queries.query(
      `SELECT state, again, hash, need FROM ${SCHEMA}.unit WHERE campaign = $1 AND key = $2`,
      [campaign.id, key],
    );
    // A program that need not be made small after all.
    if (row === undefined) return true;
    const kept = await queries.query(
      `INSERT INTO ${SCHEMA}.run (campaign, key, turn, worker, hash, seconds) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO NOTHING RETURNING turn`,
      [campaign.id, key, turn, it.worker, hash, it.seconds],
    );
    if (kept.length === 0) return true;
    if (turn === 0) await first(queries, queue, it, hash, row);
    else if (turn === 1) await second(queries, queue, it, hash, row);
    else await third(queries, queue, it, hash);
    await endIfDone(queries, campaign.id);
    return true;
  });
}

async function first(queries: Queries, queue: UnitQueue, it: Carried, hash: string, row: Row): Promise<void> {
  const { campaign, taken: { key }, worker } = it;
  const again = isOfShare(key, campaign.share);
  await queries.query(
    `UPDATE ${SCHEMA}.unit SET state = 'done', hash = $3, outcome = $4, failure = NULL, again = $5
     WHERE campaign = $1 AND key = $2`,
    [campaign.id, key, hash, canonical(it.outcome), again ? 'wanted' : 'no'],
  );
  if (again) await enterAgain(queries, queue, campaign.id, key, row.need as string, 1, worker);
  await follow(queries, queue, campaign);
  await followCells(queries, queue, campaign, it.unit);
}

async function second(queries: Queries, queue: UnitQueue, it: Carried, hash: string, row: Row): Promise<void> {
  const { campaign, taken: { key }, worker } = it;
  const [{ worker: other }] = await runsOf(queries, campaign.id, key);
  const alike = row.hash === hash;
  const again = alike ? (other === worker ? 'alone' : 'agreed') : 'disputed';
  await setAgain(queries, campaign.id, key, again);
  if (!alike)
    await enterAgain(queries, queue, campaign.id, key, row.need as string, 2,
      [other as string, worker].sort().join(' '));
}

async function third(queries: Queries, queue: UnitQueue, it: Carried, hash: string): Promise<void> {
  const { campaign, taken: { key } } = it;
  const [one, other] = await runsOf(queries, campaign.id, key);
  if (one.hash !== hash && other.hash !== hash) return;
  const wrong = one.hash === hash ? other : one;
  await setAgain(queries, campaign.id, key, 'settled');
  if (wrong === one) {
    await queries.query(`UPDATE ${SCHEMA}.unit SET hash = $3, outcome = $4 WHERE campaign = $1 AND key = $2`, [
      campaign.id,
      key,
      hash,
      canonical(it.outcome),
    ]);
  }
  await distrust(queries, queue, campaign, wrong.worker as string);
  await follow(queries, queue, campaign, true);
}

/** Whatever only this worker has seen is run again by others. */
async function distrust(queries: Queries, queue: UnitQueue, { id }: Campaign, worker: string): Promise<void> {
  await queries.query(`UPDATE ${SCHEMA}.worker SET distrusted = true WHERE name = $1`, [worker]);
  const alone = await queries.query(
    `UPDATE ${SCHEMA}.unit u SET again = 'wanted' FROM ${SCHEMA}.run r
     WHERE u.campaign = $1 AND r.campaign = u.campaign AND r.key = u.key AND r.turn = 0 AND r.worker = $2
       AND u.state = 'done' AND u.again IN ('no', 'alone') AND NOT EXISTS (
         SELECT 1 FROM ${SCHEMA}.run o WHERE o.campaign = u.campaign AND o.key = u.key AND o.worker <> $2)
     RETURNING u.key, u.need`,
    [id, worker],
  );
  await queries.query(
    `DELETE FROM ${SCHEMA}.run WHERE campaign = $1 AND worker = $2 AND turn = 1 AND key = ANY($3::text[])`,
    [id, worker, alone.map(({ key }) => key as string)],
  );
  for (const { key, need } of alone)
    await enterAgain(queries, queue, id, key as string, need as string, 1, worker);
}

function enterAgain(
  queries: Queries,
  queue: UnitQueue,
  campaign: number,
  key: string,
  need: string,
  turn: number,
  notBy: string,
): Promise<void> {
  return queue.enter(queueName(campaign, need), [{ key, turn, priority: PRIORITY.again, notBy }], queries);
}

function runsOf(queries: Queries, campaign: number, key: string): Promise<readonly Row[]> {
  return queries.query(`SELECT worker, hash FROM ${SCHEMA}.run WHERE campaign = $1 AND key = $2 ORDER BY turn`, [
    campaign,
    key,
  ]);
}

async function setAgain(queries: Queries, campaign: number, key: string, again: string): Promise<void> {
  await queries.query(`UPDATE ${SCHEMA}.unit SET again = $3 WHERE campaign = $1 AND key = $2`, [campaign, key, again]);
}

/** What is disputed keeps a campaign open as what is not done does. */
async function endIfDone(queries: Queries, campaign: number): Promise<void> {
  await queries.query(
    `UPDATE ${SCHEMA}.campaign SET state = 'done', ended = now() WHERE id = $1 AND state IN ('running', 'paused')
     AND NOT EXISTS (SELECT 1 FROM ${SCHEMA}.unit WHERE campaign = $1
       AND (state <> 'done' OR again IN ('wanted', 'disputed')))`,
    [campaign],
  );
}
