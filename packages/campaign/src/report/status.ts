/** How far a campaign is, what is left, and who is at it. */
import type { Queries } from '../engine/database.ts';
import { SCHEMA } from '../engine/tables.ts';
import { hashOf } from '../plan/unit.ts';
import { deadTickets } from '../queue/unit-queue.ts';
import type { Campaign } from '../store/campaigns.ts';
import { findings } from '../store/findings.ts';
import { LIVING_SECONDS } from '../worker/worker.ts';

/** What a campaign counts, by its kind. */
export const COUNTED = { fuzz: 'programs', sweep: 'cells', check: 'races', conform: 'programs' } as const;

export interface CampaignStatus {
  readonly name: string;
  readonly kind: Campaign['kind'];
  readonly state: Campaign['state'];
  readonly asked: string;
  readonly build: string;
  readonly priority: number;
  readonly begun: string;
  readonly ended: string | null;
  readonly units: { readonly all: number; readonly done: number; readonly active: number; readonly dead: number };
  /** Programs, cells or races. */
  readonly counted: string;
  readonly size: { readonly all: number; readonly done: number };
  /** Units run twice: by another worker, by the same one because it was alone, not yet, with another outcome. */
  readonly again: { readonly agreed: number; readonly alone: number; readonly open: number; readonly disputed: number;
    readonly settled: number };
  /** Of work, all workers together. */
  readonly seconds: number;
  /** Counted ones a second, since the first outcome; null: too early to say. */
  readonly rate: number | null;
  readonly remaining: Remaining | null;
  readonly findings: number;
  /** Of all outcomes, by the names of the units: the same for everybody who comes to the same. */
  readonly hash: string;
  readonly dead: readonly { readonly unit: string; readonly why: string }[];
  readonly workers: readonly WorkerStatus[];
}

export interface Remaining {
  readonly seconds: number;
  /** 95 of 100 campaigns like this one end within. */
  readonly low: number;
  readonly high: number;
}

export interface WorkerStatus {
  readonly name: string;
  readonly host: string;
  readonly kernels: readonly string[];
  readonly doing: string | null;
  readonly living: boolean;
  readonly distrusted: boolean;
  readonly units: number;
}

export async function campaignStatus(queries: Queries, campaign: Campaign): Promise<CampaignStatus> {
  const { id, name, kind, state, asked, build, priority, begun, ended } = campaign;
  const units = await queries.query(
    `SELECT key, size, state, again, hash, failure FROM ${SCHEMA}.unit WHERE campaign = $1 ORDER BY key COLLATE "C"`,
    [id],
  );
  const [times] = await queries.query(
    `SELECT count(*)::int AS nr, coalesce(sum(seconds), 0) AS seconds, coalesce(avg(seconds), 0) AS mean,
       coalesce(stddev_samp(seconds), 0) AS spread, extract(epoch FROM max(at) - min(at))::float8 AS wall
     FROM ${SCHEMA}.run WHERE campaign = $1`,
    [id],
  );
  const workers = await workersOf(queries, campaign);
  const done = units.filter((unit) => unit.state === 'done');
  const dead = (await deadTickets(queries, id)).map(({ key }) => ({ unit: key,
    why: units.find((unit) => unit.key === key)?.failure as string | null ?? 'no worker that took it came back' })
  );
  const sum = (of: typeof units): number => of.reduce((all, { size }) => all + (size as number), 0);
  const count = (...words: readonly string[]): number =>
    done.filter(({ again }) => words.includes(again as string)).length;
  const open = units.length - done.length - dead.length + count('wanted', 'disputed');
  const living = workers.filter((worker) => worker.living && !worker.distrusted);
  const wall = times.wall as number | null ?? 0;
  return { name, kind, state, asked, build, priority, begun: begun.toISOString(), ended: ended?.toISOString() ?? null,
    units: { all: units.length, done: done.length, active: living.filter(({ doing }) => doing !== null).length,
      dead: dead.length }, counted: COUNTED[kind], size: { all: sum(units), done: sum(done) },
    again: { agreed: count('agreed'), alone: count('alone'), open: count('wanted'), disputed: count('disputed'),
      settled: count('settled') }, seconds: times.seconds as number, rate: wall > 0 ? sum(done) / wall : null,
    remaining: state === 'running' ? remainingOf(open, times as unknown as Times, living.length) : null,
    findings: (await findings(queries, campaign)).length, hash: hashOf(done.map(({ key, hash }) => [key, hash])), dead,
    workers };
}

interface Times {
  readonly nr: number;
  readonly mean: number;
  readonly spread: number;
}

/** What one unit takes is known from those that are done, the more of them the better. */
function remainingOf(open: number, { nr, mean, spread }: Times, living: number): Remaining | null {
  if (nr < 2 || living === 0) return null;
  const seconds = open * mean / living;
  const off = 1.96 * spread * Math.sqrt(open * open / nr + open) / living;
  return { seconds, low: Math.max(0, seconds - off), high: seconds + off };
}

async function workersOf(queries: Queries, { id, build }: Campaign): Promise<readonly WorkerStatus[]> {
  const rows = await queries.query(
    `SELECT w.name, w.host, w.kernels, w.doing, w.distrusted, w.seen > now() - interval '${LIVING_SECONDS} seconds' AS living,
       (SELECT count(*)::int FROM ${SCHEMA}.run r WHERE r.campaign = $1 AND r.worker = w.name) AS units
     FROM ${SCHEMA}.worker w WHERE w.build = $2 ORDER BY w.began`,
    [id, build],
  );
  return rows.map((row) => row as unknown as WorkerStatus).filter(({ living, units, distrusted }) =>
    living || units > 0 || distrusted
  );
}
