/**
 * What a campaign keeps in the engine beside the queue: what was asked, its units with what came of them, who carried
 * which, and who was seen last. Findings are no table: they are a fold of what the units came to.
 */
import type { Database } from './database.ts';

export const SCHEMA = 'cowlab_campaign';
/** Of pg-boss, in the same database. */
export const QUEUE_SCHEMA = 'cowlab_queue';

const TABLES = `
CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
CREATE TABLE IF NOT EXISTS ${SCHEMA}.campaign (
  id serial PRIMARY KEY,
  name text NOT NULL UNIQUE,
  kind text NOT NULL,
  build text NOT NULL,
  asked text NOT NULL,
  question jsonb NOT NULL,
  needs jsonb NOT NULL,
  state text NOT NULL DEFAULT 'running',
  priority int NOT NULL DEFAULT 0,
  share float8 NOT NULL DEFAULT 0,
  frontier jsonb NOT NULL DEFAULT '{}',
  begun timestamptz NOT NULL DEFAULT now(),
  ended timestamptz
);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.unit (
  campaign int NOT NULL REFERENCES ${SCHEMA}.campaign ON DELETE CASCADE,
  key text NOT NULL,
  seq int NOT NULL,
  work text NOT NULL,
  need text NOT NULL,
  size int NOT NULL,
  unit jsonb NOT NULL,
  state text NOT NULL DEFAULT 'open',
  again text NOT NULL DEFAULT 'no',
  hash text,
  outcome jsonb,
  failure text,
  PRIMARY KEY (campaign, key)
);
CREATE INDEX IF NOT EXISTS unit_by_state ON ${SCHEMA}.unit (campaign, state, work, seq);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.run (
  campaign int NOT NULL REFERENCES ${SCHEMA}.campaign ON DELETE CASCADE,
  key text NOT NULL,
  turn int NOT NULL,
  worker text NOT NULL,
  hash text NOT NULL,
  seconds float8 NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (campaign, key, turn)
);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.worker (
  name text PRIMARY KEY,
  host text NOT NULL,
  build text NOT NULL,
  kernels jsonb NOT NULL,
  doing text,
  distrusted boolean NOT NULL DEFAULT false,
  began timestamptz NOT NULL DEFAULT now(),
  seen timestamptz NOT NULL DEFAULT now()
);
`;

/** Makes them where there are none; of several processes that do so at once one goes first. */
export async function makeTables(database: Database): Promise<void> {
  await database.transaction(async ({ query }) => {
    await query('SELECT pg_advisory_xact_lock(7280901)');
    await query(TABLES);
  });
}
