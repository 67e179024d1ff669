/** What a journal in tables needs of a database: questions, transactions, and to be told when others append. */

export type SqlValue = string | number | Uint8Array;
export type SqlRow = Readonly<Record<string, unknown>>;
/** Parameters are written $1, $2… */
export type Query = (sql: string, values?: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

export interface SqlStore {
  /** Without a password. */
  readonly place: string;
  /** The words in which it differs: the type of bytes, and an order of names that is the order of their bytes. */
  readonly words: { readonly bytes: string; readonly name: string; readonly forUpdate: string };
  query: Query;
  /** All or nothing, and durable when it resolves. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** In a transaction: tells every listener of this database once it is committed. */
  tell(query: Query, stream: string): Promise<void>;
  /** Calls `told` when something was appended, by anybody; answers how long one may wait for that without looking. */
  listen(told: () => void): Promise<void>;
  readonly lookEveryMs: number;
  /** Two transactions were at the same key at the same time. */
  isTaken(error: unknown): boolean;
  isDamage(error: unknown): boolean;
  close(): Promise<void>;
}

/** Each database gives numbers and bytes in ways of its own. */
export function numberOf(value: unknown): number {
  return Number(value);
}

export function bytesOf(value: unknown): Uint8Array {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : (value as Uint8Array);
}
