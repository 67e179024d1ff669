/**
 * The queue of units, on pg-boss: who gets which unit, how often it is tried, and when a worker that is silent has lost
 * its own. Each campaign has a queue for each need (any worker, or one that can ask a certain kernel) and one for what
 * could not be done.
 */
import type { PgBoss as Boss } from 'pg-boss';
import { CampaignError } from '../campaign-error.ts';
import type { Database, Queries } from '../engine/database.ts';
import { QUEUE_SCHEMA } from '../engine/tables.ts';

/** What the queue holds of a unit; the rest is in the tables. `turn` 1 and 2: run again, by another worker. */
export interface Ticket {
  readonly key: string;
  readonly turn: number;
}

/** A ticket that was taken; `attempt` is only good until the queue gives it to somebody else. */
export interface Taken extends Ticket {
  readonly queue: string;
  readonly attempt: { readonly id: string; readonly retryCount: number };
}

export interface Entered extends Ticket {
  readonly priority: number;
  /** Workers who may not take it, joined by a blank. */
  readonly notBy: string | null;
}

/** pg-boss takes a worker for dead after so long a silence, and allows no less. */
const SILENT_SECONDS = 10;
const LOOK_FOR_THE_DEAD_SECONDS = 5;
/** A unit takes up to a minute; who takes so long is not coming back. */
const UNIT_SECONDS_MAX = 900;
export const RETRIES = 2;
/** Between the tries of one that failed. */
const RETRY_DELAY_SECONDS = 1;

export const queueName = (campaign: number, need: string): string =>
  `c${campaign}.${need === '' ? 'any' : `k${need.replace(/[^\w.-]/g, '-')}`}`;
const deadName = (campaign: number): string => `c${campaign}.dead`;

export class UnitQueue {
  private readonly known = new Set<string>();

  private constructor(private readonly boss: Boss) {}

  /** `supervises`: it also looks for workers that fell silent. @throws CampaignError without pg-boss */
  static async open(database: Database, supervises: boolean): Promise<UnitQueue> {
    const { PgBoss } = await load();
    const boss = new PgBoss({ db: executor(database), backend: database.backend, schema: QUEUE_SCHEMA,
      supervise: supervises, schedule: false, superviseIntervalSeconds: LOOK_FOR_THE_DEAD_SECONDS,
      monitorIntervalSeconds: LOOK_FOR_THE_DEAD_SECONDS, monitorVacuum: false, reindex: false });
    // What matters is thrown at whoever asked; the rest is tried again.
    boss.on('error', () => undefined);
    boss.on('warning', () => undefined);
    await boss.start();
    return new UnitQueue(boss);
  }

  /** Before units are entered. */
  async make(campaign: number, needs: readonly string[]): Promise<void> {
    await this.boss.createQueue(deadName(campaign), { retryLimit: 0, deleteAfterSeconds: 0,
      retentionSeconds: FOREVER });
    for (const need of needs) {
      await this.boss.createQueue(queueName(campaign, need), { retryLimit: RETRIES, retryDelay: RETRY_DELAY_SECONDS,
        expireInSeconds: UNIT_SECONDS_MAX, heartbeatSeconds: SILENT_SECONDS, deadLetter: deadName(campaign),
        retentionSeconds: FOREVER, deleteAfterSeconds: DONE_SECONDS });
    }
  }

  /** Has the settings of these queues at hand: within a transaction nothing else may be asked. */
  async know(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (this.known.has(name)) continue;
      await this.boss.findJobs(name, { limit: 1 });
      this.known.add(name);
    }
  }

  async enter(queue: string, tickets: readonly Entered[], queries: Queries): Promise<void> {
    for (let from = 0; from < tickets.length; from += ENTERED_MAX) {
      await this.boss.insert(queue, tickets.slice(from, from + ENTERED_MAX).map(({ key, turn, priority, notBy }) => ({
        data: { key, turn },
        priority,
        ...(notBy !== null && { group: { id: notBy } }),
      })), { db: executor(queries) });
    }
  }

  /** The next ticket, or null; none that `notBy` keeps from this worker. */
  async take(queue: string, groups: readonly string[]): Promise<Taken | null> {
    const [job] = await this.boss.fetch<Ticket>(queue, { includeMetadata: true, ignoreGroups: [...groups] });
    return job === undefined
      ? null
      : { ...job.data, queue, attempt: { id: job.id, retryCount: job.retryCount } };
  }

  /** Still at it. False: it is not this worker's any more. */
  async touch({ queue, attempt }: Taken): Promise<boolean> {
    return affected(await this.boss.touch(queue, attempt));
  }

  /** In the transaction that keeps what came of it. False: somebody else has it by now. */
  async complete({ queue, attempt }: Taken, queries: Queries): Promise<boolean> {
    return affected(await this.boss.complete(queue, attempt, null, { db: executor(queries) }));
  }

  /** It is tried again, or goes to those that could not be done. */
  async fail({ queue, attempt }: Taken, why: string): Promise<void> {
    await this.boss.fail(queue, attempt, { why });
  }

  /** Given back unharmed, by whoever ends. */
  async putBack(taken: Taken, priority: number, notBy: string | null, database: Database): Promise<void> {
    await database.transaction(async (queries) => {
      if (await this.complete(taken, queries)) await this.enter(taken.queue, [{ ...taken, priority, notBy }], queries);
    });
  }

  /** It is tried anew. Says how many. */
  async retry(campaign: number): Promise<number> {
    let all = 0;
    for (let moved = REDRIVE_MAX; moved === REDRIVE_MAX; all += moved)
      moved = await this.boss.redrive(deadName(campaign), { limit: REDRIVE_MAX });
    return all;
  }

  async cancel(campaign: number, needs: readonly string[]): Promise<void> {
    for (const need of needs) await this.boss.deleteQueuedJobs(queueName(campaign, need));
  }

  async close(): Promise<void> {
    await this.boss.stop({ graceful: false, close: false });
  }
}

/** What was tried as often as it may be. Asked of the tables of the queue, which need not be started for that. */
export async function deadTickets(queries: Queries, campaign: number): Promise<readonly Ticket[]> {
  const [{ there }] = await queries.query(`SELECT to_regclass('${QUEUE_SCHEMA}.job') IS NOT NULL AS there`);
  if (there !== true) return [];
  const rows = await queries.query(
    `SELECT data FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state = 'created' ORDER BY created_on`,
    [deadName(campaign)],
  );
  return rows.map(({ data }) => data as Ticket);
}

const FOREVER = 10 * 365 * 24 * 3600;
const DONE_SECONDS = 3600;
const ENTERED_MAX = 1000;
const REDRIVE_MAX = 1000;

/** Its types do not say so. */
const affected = (response: object): boolean => (response as { readonly affected: number }).affected > 0;

interface Executor {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

function executor(queries: Queries): Executor {
  return { executeSql: async (text, values) => ({ rows: [...await queries.query(text, values)] }) };
}

async function load(): Promise<{ readonly PgBoss: typeof Boss }> {
  try {
    return await import('pg-boss');
  } catch (cause) {
    throw new CampaignError('cowlab campaign', 'needs the npm package pg-boss', 'npm install pg-boss', { cause });
  }
}
