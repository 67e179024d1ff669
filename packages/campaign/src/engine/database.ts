/**
 * What a campaign needs of PostgreSQL: questions and transactions. A server behind a URL, PGlite in this process, and
 * PGlite in another process of this machine all answer to it, so that nothing else knows which of them it is.
 */

export type Row = Readonly<Record<string, unknown>>;

export interface Queries {
  /** Several statements in one text where there are no values; the rows of all of them. */
  query: (sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
}

export interface Database extends Queries {
  /** The address, without a password. */
  readonly place: string;
  readonly backend: 'postgres' | 'pglite';
  /** All or nothing. The work asks nothing but what it is given: there may be one connection. */
  transaction: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}
