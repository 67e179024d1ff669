/** PostgreSQL inside this process, through the npm package @electric-sql/pglite, which is loaded only for this. */
import type { PGlite, Results, Transaction } from '@electric-sql/pglite';
import { CampaignError } from '../campaign-error.ts';
import type { Database, Queries, Row } from './database.ts';

export class PgliteDatabase implements Database {
  readonly backend = 'pglite';

  private constructor(readonly place: string, private readonly database: PGlite) {}

  /** `folder` of the database, or memory:// for none. One process at a time may have it open. */
  static async open(folder: string): Promise<PgliteDatabase> {
    let PGliteClass: typeof PGlite;
    try {
      PGliteClass = (await import('@electric-sql/pglite')).PGlite;
    } catch (cause) {
      throw new CampaignError('--engine pglite', 'needs the npm package @electric-sql/pglite',
        'npm install @electric-sql/pglite pg-boss', { cause });
    }
    try {
      return new PgliteDatabase(`pglite:${folder}`, await PGliteClass.create(folder));
    } catch (cause) {
      throw new CampaignError(`pglite:${folder}`, `cannot be opened: ${(cause as Error).message}`,
        'give a folder of a campaign, or a new one', { cause });
    }
  }

  async query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    try {
      return await asked(this.database, sql, values);
    } catch (cause) {
      // A text that has its own BEGIN leaves the one connection inside it.
      await this.database.query('ROLLBACK').catch(() => undefined);
      throw cause;
    }
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const inside = (transaction: Transaction): Promise<T> =>
      work({ query: (sql, values) => asked(transaction, sql, values) });
    return this.database.transaction(inside);
  }

  async close(): Promise<void> {
    await this.database.close();
  }
}

async function asked(
  database: Pick<PGlite | Transaction, 'query' | 'exec'>,
  sql: string,
  values?: readonly unknown[],
): Promise<readonly Row[]> {
  if (values !== undefined && values.length > 0) return (await database.query<Row>(sql, [...values])).rows;
  const results = await database.exec(sql) as readonly Results<Row>[];
  return results.flatMap(({ rows }) => rows);
}
