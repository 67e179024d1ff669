/** PostgreSQL inside this process, through the npm package @electric-sql/pglite, which is loaded only for this. */

import type { PGlite, Results, Transaction } from '@electric-sql/pglite';
import { JournalError } from '../journal-error.ts';
import type { Query, SqlRow, SqlStore } from '../sql/sql-store.ts';
import { CHANNEL, isDamage, isTaken, POSTGRES_WORDS } from './pg-store.ts';

export class PgliteStore implements SqlStore {
  readonly words = POSTGRES_WORDS;
  readonly lookEveryMs = 1000;
  private unlisten: (() => Promise<void>) | null = null;

  /** `owned` when closing the journal closes the database. */
  constructor(readonly place: string, private readonly database: PGlite, private readonly owned: boolean) {}

  /** `folder` of the database, or memory:// for none. */
  static async open(folder: string): Promise<PgliteStore> {
    let PGliteClass: typeof PGlite;
    try {
      PGliteClass = (await import('@electric-sql/pglite')).PGlite;
    } catch (error) {
      throw new JournalError('missing-package', 'a pglite: journal needs the npm package @electric-sql/pglite',
        'npm install @electric-sql/pglite', { cause: error });
    }
    return new PgliteStore(`pglite:${folder}`, await PGliteClass.create(folder), true);
  }

  query: Query = async (sql, values) => rowsOf(await this.database.query<SqlRow>(sql, [...(values ?? [])], BYTES));

  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const inside = (transaction: Transaction): Promise<T> =>
      work(async (sql, values) => rowsOf(await transaction.query<SqlRow>(sql, [...(values ?? [])], BYTES)));
    return await this.database.transaction(inside);
  }

  async tell(query: Query, stream: string): Promise<void> {
    await query('SELECT pg_notify($1, $2)', [CHANNEL, stream]);
  }

  async listen(told: () => void): Promise<void> {
    this.unlisten = await this.database.listen(CHANNEL, told);
  }

  isTaken(error: unknown): boolean {
    return isTaken(error);
  }

  isDamage(error: unknown): boolean {
    return isDamage(error);
  }

  async close(): Promise<void> {
    await this.unlisten?.();
    if (this.owned) await this.database.close();
  }
}

const BYTEA = 17;
/** Bytes go in and out as hexadecimal text; the package's own way there and back is a call per byte. */
const BYTES = {
  serializers: {
    [BYTEA]: (bytes: Uint8Array) =>
      `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`,
  },
  parsers: { [BYTEA]: (text: string) => Buffer.from(text.slice(2), 'hex') },
};

const rowsOf = (results: Results<SqlRow>): readonly SqlRow[] => results.rows;
