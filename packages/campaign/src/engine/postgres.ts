/** A PostgreSQL server, through the npm package pg, which is loaded only for this. */
import type * as Pg from 'pg';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { CampaignError } from '../campaign-error.ts';
import type { Database, Queries, Row } from './database.ts';

const CONNECTIONS_MAX = 4;

export class PostgresDatabase implements Database {
  readonly backend = 'postgres';

  private constructor(readonly place: string, private readonly pool: Pool) {}

  /** @throws CampaignError when nobody answers there */
  static async open(url: string): Promise<PostgresDatabase> {
    const pg = await load();
    const pool = new pg.Pool({ connectionString: url, application_name: 'cowlab campaign', max: CONNECTIONS_MAX, // So that a process which has nothing else to do may end.
      allowExitOnIdle: true });
    // A connection that is lost while idle is made anew when it is needed.
    pool.on('error', () => undefined);
    const place = withoutPassword(url);
    try {
      await pool.query('SELECT 1');
    } catch (cause) {
      await pool.end().catch(() => undefined);
      throw new CampaignError(place, `no PostgreSQL answers: ${(cause as Error).message || String(cause)}`,
        'start it, or give --engine pglite', { cause });
    }
    return new PostgresDatabase(place, pool);
  }

  async query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    return rowsOf(await this.pool.query(sql, values === undefined ? undefined : [...values]));
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const client: PoolClient = await this.pool.connect();
    let broken: Error | undefined;
    // A server that goes away while nobody asks tells the connection; the next question hears of it.
    const lost = (cause: Error): void => void (broken = cause);
    client.on('error', lost);
    try {
      await client.query('BEGIN');
      const result = await work({
        query: async (sql, values) => rowsOf(await client.query(sql, values === undefined ? undefined : [...values])),
      });
      await client.query('COMMIT');
      return result;
    } catch (cause) {
      await client.query('ROLLBACK').catch(lost);
      throw cause;
    } finally {
      client.off('error', lost);
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** Of several statements pg gives a list. */
function rowsOf(result: QueryResult<Row> | readonly QueryResult<Row>[]): readonly Row[] {
  return 'rows' in result ? result.rows : result.flatMap(({ rows }) => rows);
}

export function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.password = '';
    parsed.searchParams.delete('password');
    return parsed.href;
  } catch {
    return 'postgres:';
  }
}

async function load(): Promise<Pick<typeof Pg, 'Pool'>> {
  try {
    const loaded = await import('pg');
    return loaded.default ?? loaded;
  } catch (cause) {
    throw new CampaignError('--engine postgres:', 'needs the npm package pg', 'npm install pg pg-boss', { cause });
  }
}
