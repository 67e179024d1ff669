/** A database in one file, through the npm package libsql, which is loaded only for this. */

import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, JournalError, writeError } from '../journal-error.ts';
import type { Query, SqlRow, SqlStore, SqlValue } from '../sql/sql-store.ts';

interface Statement {
  readonly reader: boolean;
  run(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
}

interface Database {
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  pragma(text: string): unknown;
  close(): unknown;
}

export interface LibsqlOptions {
  /** The most pages the file may have: then it is full. For tests. */
  readonly pagesMax?: number;
}

/** How long to wait for others that write. */
const BUSY_MS_MAX = 30_000;
const STATEMENTS_MAX = 64;

export class LibsqlStore implements SqlStore {
  readonly words = { bytes: 'BLOB', name: 'TEXT', forUpdate: '' };
  readonly lookEveryMs = 10;
  private readonly statements = new Map<string, Statement>();
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(readonly place: string, private readonly database: Database) {}

  static async open(path: string, { pagesMax }: LibsqlOptions = {}): Promise<LibsqlStore> {
    const file = resolve(path);
    const place = `libsql:${file}`;
    const Libsql = await load();
    try {
      makeFile(file);
      const store = new LibsqlStore(place, new Libsql(file));
      // The package waits for others without letting this process go on; waiting is done here instead.
      store.database.pragma('busy_timeout = 0');
      await store.patiently(() => store.database.pragma('journal_mode = WAL'));
      store.database.pragma('synchronous = FULL');
      if (pagesMax !== undefined) store.database.pragma(`max_page_count = ${pagesMax}`);
      return store;
    } catch (error) {
      throw isDamage(error)
        ? new JournalError('damaged', `${place}: ${(error as Error).message}`,
          'give a database file, or take it from a copy', { cause: error })
        : writeError(place, error);
    }
  }

  query: Query = (sql, values) => this.inTurn(() => this.patiently(() => this.ask(sql, values)));

  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      await this.patiently(() => this.database.exec('BEGIN IMMEDIATE'));
      try {
        const result = await work(async (sql, values) => this.ask(sql, values));
        await this.patiently(() => this.database.exec('COMMIT'));
        return result;
      } catch (error) {
        try {
          this.database.exec('ROLLBACK');
        } catch {
          // A full disk has rolled it back already.
        }
        throw error;
      }
    });
  }

  async tell(): Promise<void> {
    // Others look for themselves.
  }

  async listen(): Promise<void> {
    // Nobody tells: subscribers look every few milliseconds.
  }

  isTaken(error: unknown): boolean {
    return errnoOf(error).startsWith('SQLITE_CONSTRAINT');
  }

  isDamage(error: unknown): boolean {
    return isDamage(error);
  }

  async close(): Promise<void> {
    await this.turn;
    // The package lets go of the file only when its statements are collected; what counts is in the file before that.
    try {
      this.database.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // Another one reads or writes, and will do it.
    }
    this.statements.clear();
    this.database.close();
  }

  private ask(sql: string, values: readonly SqlValue[] = []): readonly SqlRow[] {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      if (this.statements.size >= STATEMENTS_MAX) this.statements.clear();
      statement = this.database.prepare(sql.replaceAll(/\$(\d+)/g, '?$1'));
      this.statements.set(sql, statement);
    }
    if (/^\s*SELECT/i.test(sql)) return statement.all(...values) as readonly SqlRow[];
    statement.run(...values);
    return [];
  }

  /** One connection: nobody asks in the middle of another one's transaction. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async patiently<T>(work: () => T): Promise<T> {
    const began = performance.now();
    for (let wait = 1;; wait = Math.min(wait * 2, 20)) {
      try {
        return work();
      } catch (error) {
        if (!errnoOf(error).startsWith('SQLITE_BUSY') || performance.now() - began > BUSY_MS_MAX) throw error;
        await sleep(wait * Math.random());
      }
    }
  }
}

async function load(): Promise<new(file: string) => Database> {
  try {
    return (await import('libsql')).default;
  } catch (error) {
    throw new JournalError('missing-package', 'a libsql: journal needs the npm package libsql', 'npm install libsql', {
      cause: error,
    });
  }
}

const isDamage = (error: unknown): boolean =>
  ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_FORMAT'].some((code) => errnoOf(error).startsWith(code));

/** The library would follow links and make files that others can read. */
function makeFile(file: string): void {
  const folder = fs.statSync(dirname(file), { throwIfNoEntry: false });
  if (folder?.isDirectory() !== true)
    throw new JournalError('bad-address', `${dirname(file)} is no folder`, 'make it first');
  const user = process.geteuid?.();
  if ((folder.mode & 0o002) !== 0 && (folder.mode & 0o1000) === 0)
    throw new JournalError('unsafe', `${dirname(file)} can be written by others`, `chmod o-w ${dirname(file)}`);
  for (const path of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) {
    const found = fs.lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    if (!found.isFile())
      throw new JournalError('unsafe', `${path} is no regular file`,
        'give another name; a journal is never read or written through links');
    if (user !== undefined && found.uid !== user)
      throw new JournalError('unsafe', `${path} belongs to user ${found.uid}`, 'write to a file of your own');
  }
  try {
    fs.closeSync(fs.openSync(file, fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_RDWR, 0o600));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
