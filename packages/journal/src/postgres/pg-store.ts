/** A PostgreSQL server, through the npm package pg, which is loaded only for this. */

import type * as Pg from 'pg';
import type { Client, ClientConfig, Pool, PoolClient } from 'pg';
import { errnoOf, JournalError } from '../journal-error.ts';
import type { Query, SqlRow, SqlStore } from '../sql/sql-store.ts';

export const CHANNEL = 'cowlab_journal';
export const POSTGRES_WORDS = { bytes: 'BYTEA', name: 'TEXT COLLATE "C"', forUpdate: ' FOR UPDATE' };
const CONNECTIONS_MAX = 4;
/** While nobody tells. */
const LOOK_EVERY_MS = 20;
/** In case a word gets lost all the same. */
const LOOK_ANYWAY_EVERY_MS = 1000;
const RECONNECT_AFTER_MS = 250;

export class PgStore implements SqlStore {
  readonly words = POSTGRES_WORDS;
  private listener: Client | null = null;
  private again: NodeJS.Timeout | null = null;
  private told: () => void = () => undefined;
  private closed = false;

  private constructor(readonly place: string, private readonly pool: Pool, private readonly connect: () => Client) {}

  static async open(url: string): Promise<PgStore> {
    const pg = await load();
    const config: ClientConfig = { connectionString: url, application_name: 'cowlab journal' };
    const pool = new pg.Pool({ ...config, max: CONNECTIONS_MAX });
    // A connection that is lost while idle is made anew when it is needed.
    pool.on('error', () => undefined);
    return new PgStore(withoutPassword(url), pool, () => new pg.Client(config));
  }

  /** Where listening fails, subscribers look more often. */
  get lookEveryMs(): number {
    return this.listener === null ? LOOK_EVERY_MS : LOOK_ANYWAY_EVERY_MS;
  }

  query: Query = async (sql, values) => (await this.pool.query<SqlRow>(sql, asked(values))).rows;

  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client: PoolClient = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(async (sql, values) => (await client.query<SqlRow>(sql, asked(values))).rows);
      // Whatever the server's default is: acknowledged means on the disk.
      await client.query('SET LOCAL synchronous_commit = on');
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: unknown) => {
        broken = failure as Error;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async tell(query: Query, stream: string): Promise<void> {
    await query('SELECT pg_notify($1, $2)', [CHANNEL, stream]);
  }

  async listen(told: () => void): Promise<void> {
    this.told = told;
    await this.hear();
  }

  isTaken(error: unknown): boolean {
    return isTaken(error);
  }

  isDamage(error: unknown): boolean {
    return isDamage(error);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.again !== null) clearTimeout(this.again);
    const { listener } = this;
    this.listener = null;
    await listener?.end().catch(() => undefined);
    await this.pool.end();
  }

  private async hear(): Promise<void> {
    if (this.closed) return;
    const client = this.connect();
    let lost = false;
    const lose = (): void => {
      if (lost) return;
      lost = true;
      if (this.listener === client) this.listener = null;
      void client.end().catch(() => undefined);
      if (this.closed) return;
      this.again = setTimeout(() => void this.hear(), RECONNECT_AFTER_MS);
      this.again.unref();
      // From now on by looking.
      this.told();
    };
    client.on('error', lose);
    client.on('end', lose);
    client.on('notification', () => this.told());
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      if (this.closed) return lose();
      this.listener = client;
      // What was appended while nobody listened.
      this.told();
    } catch {
      lose();
    }
  }
}

/** 40001 and 40P01: it was in another's way; 23505: the key is there; 42P07 and XX000: both make the same table. */
export const isTaken = (error: unknown): boolean => ['23505', '40001', '40P01', '42P07'].includes(errnoOf(error));
export const isDamage = (error: unknown): boolean => ['XX001', 'XX002'].includes(errnoOf(error));

/** pg takes bytes only as a Buffer. */
function asked(values: Parameters<Query>[1] = []): unknown[] {
  return values.map((
    value,
  ) => (value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value));
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

async function load(): Promise<Pick<typeof Pg, 'Client' | 'Pool'>> {
  try {
    const loaded = await import('pg');
    return loaded.default ?? loaded;
  } catch (error) {
    throw new JournalError('missing-package', 'a postgres: journal needs the npm package pg', 'npm install pg', {
      cause: error,
    });
  }
}
