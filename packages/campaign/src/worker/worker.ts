/**
 * A worker: it takes the next unit that it may carry, works on it while it says that it is alive, and hands in what it
 * came to. What dies with it is tried by somebody else; what was handed in stays.
 */
import { hostname } from 'node:os';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CampaignError } from '../campaign-error.ts';
import type { Database } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import { buildHash } from '../plan/build-hash.ts';
import type { Unit } from '../plan/unit.ts';
import { queueName, RETRIES, type Taken, type UnitQueue } from '../queue/unit-queue.ts';
import { type Campaign, openCampaigns, PRIORITY } from '../store/campaigns.ts';
import { givenTo } from '../store/follow-cells.ts';
import { keepFindings } from '../store/kept-findings.ts';
import { takeOutcome } from '../store/take-outcome.ts';
import type { Performer } from './performer.ts';
import { patiently } from './patience.ts';

export interface WorkerSettings {
  readonly name: string;
  /** Series that it can ask, such as 5.10. */
  readonly kernels: readonly string[];
  readonly performer: Performer;
  /** Ends it; what it has at hand is given back. */
  readonly signal: AbortSignal;
  /** It ends when there is nothing left that it may carry. */
  readonly untilDone?: boolean;
  /** Only units of this campaign. */
  readonly only?: string | null;
  readonly onUnit?: (key: string, seconds: number) => void;
}

export interface WorkerReport {
  readonly units: number;
  readonly failed: number;
  /** Of work. */
  readonly seconds: number;
  /** Of CPU that this thread took, for the engine, while the work was done in another one. */
  readonly engineSeconds: number;
}

const BEAT_MS = 3000;
const IDLE_MS = 500;
/** Whoever was not seen for so long is not there. */
export const LIVING_SECONDS = 30;

interface Ticket {
  readonly campaign: Campaign;
  readonly taken: Taken;
  readonly unit: Unit;
}

export class CampaignWorker {
  private units = 0;
  private failed = 0;
  private seconds = 0;

  constructor(
    private readonly database: Database,
    private readonly queue: UnitQueue,
    private readonly settings: WorkerSettings,
  ) {}

  /** @throws CampaignError when the engine is gone for good, or nobody trusts it any more */
  async run(): Promise<WorkerReport> {
    const { signal, performer } = this.settings;
    const before = cpuOfThisThread();
    try {
      await patiently(() => this.enrol(), signal);
      while (!signal.aborted) {
        const ticket = await patiently(() => this.next(), signal);
        if (ticket === 'done') break;
        if (ticket === null) await sleep(IDLE_MS, undefined, { signal }).catch(() => undefined);
        else await this.carry(ticket);
      }
    } finally {
      await performer.stop();
      await this.database.query(
        `UPDATE ${SCHEMA}.worker SET seen = now() - interval '1 hour', doing = NULL WHERE name = $1`,
        [this.settings.name],
      ).catch(() => undefined);
    }
    return { units: this.units, failed: this.failed, seconds: this.seconds, engineSeconds: cpuOfThisThread() - before };
  }

  private async enrol(): Promise<void> {
    const { name, kernels } = this.settings;
    await this.database.query(
      `INSERT INTO ${SCHEMA}.worker (name, host, build, kernels) VALUES ($1, $2, $3, $4)
       ON CONFLICT (name) DO UPDATE SET host = $2, build = $3, kernels = $4, seen = now()`,
      [name, hostname(), buildHash(), JSON.stringify(kernels)],
    );
  }

  /** A ticket; null: not now; or that there is nothing left. */
  private async next(): Promise<Ticket | null | 'done'> {
    const { name, only = null, untilDone = false } = this.settings;
    const [me] = await this.database.query(
      `UPDATE ${SCHEMA}.worker SET seen = now(), doing = NULL WHERE name = $1 RETURNING distrusted`,
      [name],
    );
    if (me?.distrusted === true)
      throw new CampaignError(`worker ${name}`, 'came to other outcomes than two others did', 'look at its machine');
    const mine = (await openCampaigns(this.database, buildHash())).filter((one) => only === null || one.name === only);
    for (const campaign of mine) {
      const found = await this.takeFrom(campaign);
      if (found !== null) return found;
    }
    return untilDone && mine.length === 0 ? 'done' : null;
  }

  private async takeFrom(campaign: Campaign): Promise<Ticket | null> {
    const groups = await this.groupsOf(campaign.id);
    for (const need of campaign.needs) {
      if (need !== '' && !this.settings.kernels.includes(need)) continue;
      const queue = queueName(campaign.id, need);
      const taken = await this.queue.take(queue, groups)
        ?? (await this.isAlone(campaign.id) ? await this.queue.take(queue, []) : null);
      if (taken === null) continue;
      const [row] = await this.database.query(`SELECT unit FROM ${SCHEMA}.unit WHERE campaign = $1 AND key = $2`, [
        campaign.id,
        taken.key,
      ]);
      if (row !== undefined) return { campaign, taken, unit: row.unit as Unit };
      await this.queue.complete(taken, this.database);
    }
    return null;
  }

  /** Of tickets that are not for this worker: it has run the unit before. */
  private async groupsOf(campaign: number): Promise<readonly string[]> {
    const { name } = this.settings;
    const rows = await this.database.query(
      `SELECT string_agg(r.worker, ' ' ORDER BY r.worker COLLATE "C") AS workers FROM ${SCHEMA}.run r
       JOIN ${SCHEMA}.unit u ON u.campaign = r.campaign AND u.key = r.key
       WHERE r.campaign = $1 AND u.again = 'disputed' AND r.turn < 2
       GROUP BY r.key HAVING bool_or(r.worker = $2)`,
      [campaign, name],
    );
    return [name, ...new Set(rows.map(({ workers }) => workers as string))];
  }

  /** Only what others should run again is left, and there are no others. */
  private async isAlone(campaign: number): Promise<boolean> {
    const [{ left, others }] = await this.database.query(
      `SELECT (SELECT count(*)::int FROM ${SCHEMA}.unit WHERE campaign = $1 AND state <> 'done') AS left,
        (SELECT count(*)::int FROM ${SCHEMA}.worker WHERE name <> $2 AND NOT distrusted AND build = $3
          AND seen > now() - interval '${LIVING_SECONDS} seconds') AS others`,
      [campaign, this.settings.name, buildHash()],
    );
    return left === 0 && others === 0;
  }

  private async carry({ campaign, taken, unit }: Ticket): Promise<void> {
    const { performer, signal, name, onUnit } = this.settings;
    const begun = performance.now();
    const lost = new AbortController();
    const beat = setInterval(() => void this.beat(taken, campaign.id, lost), BEAT_MS);
    const ended = AbortSignal.any([signal, lost.signal]);
    try {
      await this.database.query(`UPDATE ${SCHEMA}.worker SET doing = $2 WHERE name = $1`, [name, taken.key]);
      const outcome = await unlessEnded(
        performer.perform(campaign.id, campaign.question, unit, await givenTo(this.database, campaign, unit)),
        ended,
      );
      const seconds = (performance.now() - begun) / 1000;
      const counted = await patiently(
        () => takeOutcome(this.database, this.queue, { campaign, taken, unit, outcome, worker: name, seconds }),
        signal,
      );
      if (!counted) return;
      this.units++;
      this.seconds += seconds;
      onUnit?.(taken.key, seconds);
      await keepFindings(this.database, campaign, unit, outcome);
    } catch (cause) {
      if (cause instanceof Ended) {
        await performer.stop();
        if (signal.aborted) await this.giveBack(taken);
      } else await this.failAt(taken, campaign, cause);
    } finally {
      clearInterval(beat);
    }
  }

  private async beat(taken: Taken, campaign: number, lost: AbortController): Promise<void> {
    try {
      const mine = await this.queue.touch(taken);
      const [row] = await this.database.query(
        `UPDATE ${SCHEMA}.worker SET seen = now() WHERE name = $1
         RETURNING (SELECT state FROM ${SCHEMA}.campaign WHERE id = $2) AS state`,
        [this.settings.name, campaign],
      );
      if (!mine || row?.state === 'cancelled') lost.abort();
    } catch {
      // The engine is away for a moment; whether the unit is still this worker's is found out when it is handed in.
    }
  }

  private async giveBack(taken: Taken): Promise<void> {
    const notBy = taken.turn === 0 ? null : this.settings.name;
    await this.queue.putBack(taken, PRIORITY.again, notBy, this.database).catch(() => undefined);
  }

  private async failAt(taken: Taken, { id }: Campaign, cause: unknown): Promise<void> {
    const { signal } = this.settings;
    this.failed++;
    const why = cause instanceof Error ? cause.message : String(cause);
    const dead = taken.attempt.retryCount >= RETRIES;
    await patiently(async () => {
      await this.queue.fail(taken, why);
      await this.database.query(
        `UPDATE ${SCHEMA}.unit SET failure = $3 WHERE campaign = $1 AND key = $2 AND state <> 'done'`,
        [id, taken.key, `${why}${dead ? '' : ' (it is tried again)'}`],
      );
    }, signal);
  }
}

class Ended extends Error {}

function unlessEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(new Ended());
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

const TICKS_A_SECOND = 100;

/** The first thread of a process has its number. Where there is no /proc, that of all threads. */
function cpuOfThisThread(): number {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
    return (fields[11] + fields[12]) / TICKS_A_SECOND;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
}
