/**
 * Findings in a journal, which lies in the same database: a stream for each campaign, a result for each cause, whole when
 * the campaign is done. Several workers may bring the same one at once: the journal takes it from one of them.
 */
import { isDamage, isTaken, type Journal, packResults, POSTGRES_WORDS, type Query, readResults, type ResultEvent,
  SqlJournal, type SqlStore, streamName } from '@cowlab/journal';
import type { Database, Queries } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import type { Unit } from '../plan/unit.ts';
import type { Campaign } from './campaigns.ts';
import { type Finding, findings, findingsIn } from './findings.ts';

/** Of the journal `postgres://…` or `pglite:DIR` that the engine is. */
export const streamOf = ({ kind, name }: Campaign): string => streamName('campaign', kind, name);

/** After a unit: what is new is kept, and a campaign that is done gets its end. */
export async function keepFindings(
  database: Database,
  campaign: Campaign,
  unit: Unit,
  outcome: unknown,
): Promise<void> {
  const [{ state }] = await database.query(`SELECT state FROM ${SCHEMA}.campaign WHERE id = $1`, [campaign.id]);
  if (state !== 'done' && findingsIn(unit, outcome, '').length === 0) return;
  const journal = await SqlJournal.open(new EngineStore(database));
  try {
    await bring(journal, campaign, await findings(database, campaign), state === 'done');
  } finally {
    await journal.close();
  }
}

const TRIES_MAX = 20;

async function bring(journal: Journal, campaign: Campaign, all: readonly Finding[], isDone: boolean): Promise<void> {
  const stream = streamOf(campaign);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const { head, results, isWhole, version } = await readResults(journal, stream);
    if (isWhole) return;
    const known = new Set((results as readonly Finding[]).map((one) => one.cause.id));
    const events: ResultEvent[] = all.filter((one) => !known.has(one.cause.id)).map((value) => ({ kind: 'result',
      value })
    );
    if (head === null) {
      events.unshift({ kind: 'begin',
        head: { what: `campaign ${campaign.kind}`, asked: campaign.asked, begun: campaign.begun.toISOString() } });
    }
    if (isDone) events.push({ kind: 'end' });
    if (events.length === 0) return;
    const { ok } = await journal.append(stream, [packResults(events)], version);
    if (ok) return;
  }
}

export class EngineStore implements SqlStore {
  readonly words = POSTGRES_WORDS;
  readonly lookEveryMs = 1000;
  readonly isTaken = isTaken;
  readonly isDamage = isDamage;

  constructor(private readonly database: Database) {}

  get place(): string {
    return this.database.place;
  }

  readonly query: Query = async (sql, values) => await this.database.query(sql, values ?? []);

  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.database.transaction((queries: Queries) =>
      work(async (sql, values) => await queries.query(sql, values ?? []))
    );
  }

  /** Nobody waits for these streams. */
  async tell(): Promise<void> {}

  async listen(): Promise<void> {}

  /** The engine is closed by whoever opened it. */
  async close(): Promise<void> {}
}
