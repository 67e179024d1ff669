/**
 * The journal in tables of a database: a row per chunk, the version of its first event in the primary key, so that
 * of two
 * appends at the same version one is refused by the database itself. Appends that arrive while it works share a
 * transaction.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { checkVersion, chunkHash, conflict, countEvents, sameChunks } from '../chunk-check.ts';
import type { Appended, Chunk, Journal, SnapshotOptions, Stored, StreamCheck, StreamSummary,
  SubscribeOptions } from '../journal.ts';
import { errnoOf, isJournalError, JournalError, writeError } from '../journal-error.ts';
import { streamParts } from '../stream-name.ts';
import { checkStreams } from './sql-check.ts';
import { headOf, readStream } from './sql-reading.ts';
import { numberOf, type Query, type SqlStore } from './sql-store.ts';

const FORMAT = 'cowlab journal 1';
const APPENDS_MAX = 256;
const TRIES_MAX = 8;

interface Asked {
  readonly stream: string;
  readonly chunks: readonly Chunk[];
  readonly expected: number;
  readonly nr: number;
  resolve(result: Appended): void;
  reject(error: unknown): void;
}

export class SqlJournal implements Journal {
  private readonly asked: Asked[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly closing = new AbortController();
  private working: Promise<void> | null = null;

  private constructor(private readonly store: SqlStore) {}

  /** Makes the tables where there are none. */
  static async open(store: SqlStore): Promise<SqlJournal> {
    const journal = new SqlJournal(store);
    try {
      await makeTables(store);
      await store.listen(() => journal.wake());
      return journal;
    } catch (error) {
      await store.close().catch(() => undefined);
      throw journal.told(error);
    }
  }

  get place(): string {
    return this.store.place;
  }

  async append(stream: string, chunks: readonly Chunk[], expected: number): Promise<Appended> {
    this.checkOpen();
    streamParts(stream);
    const nr = countEvents(stream, chunks, expected);
    return new Promise((resolve, reject) => {
      this.asked.push({ stream, chunks, expected, nr, resolve, reject });
      this.working ??= this.work();
    });
  }

  async *read(stream: string, from: number | 'snapshot' = 0): AsyncGenerator<Stored, void, undefined> {
    this.checkOpen();
    streamParts(stream);
    if (from !== 'snapshot') checkVersion(stream, from);
    try {
      yield* readStream(this.store, stream, from);
    } catch (error) {
      throw this.told(error);
    }
  }

  async snapshot(
    stream: string,
    version: number,
    bytes: Uint8Array,
    { compact = false }: SnapshotOptions = {},
  ): Promise<void> {
    this.checkOpen();
    streamParts(stream);
    checkVersion(stream, version);
    try {
      const head = await headOf(this.store, stream);
      if (head === 0 || version > head)
        throw new JournalError('bad-append', `${stream}: a snapshot at ${version} of ${head} events`,
          'append the events first');
      await this.store.transaction(async (query) => {
        await query('DELETE FROM cowlab_snapshots WHERE stream = $1 AND version = $2', [stream, version]);
        const hash = chunkHash({ nr: version, bytes });
        await query('INSERT INTO cowlab_snapshots (stream, version, hash, bytes) VALUES ($1, $2, $3, $4)', [stream,
          version, hash, bytes]);
        if (!compact) return;
        await query('DELETE FROM cowlab_chunks WHERE stream = $1 AND version + nr <= $2', [stream, version]);
        await query('DELETE FROM cowlab_snapshots WHERE stream = $1 AND version < $2', [stream, version]);
      });
    } catch (error) {
      throw this.told(error);
    }
  }

  async *subscribe(
    stream: string,
    from = 0,
    { signal }: SubscribeOptions = {},
  ): AsyncGenerator<Stored, void, undefined> {
    this.checkOpen();
    const ends = signal === undefined ? this.closing.signal : AbortSignal.any([signal, this.closing.signal]);
    let next = from;
    while (!ends.aborted) {
      // Before it is read: what is appended meanwhile wakes it at once.
      const more = this.more(ends);
      try {
        for await (const item of this.read(stream, next)) {
          if (ends.aborted) return;
          next = item.kind === 'chunk' ? item.version + item.nr : item.version;
          yield item;
        }
      } catch (error) {
        // The store comes back, and the position says where to go on.
        if (ends.aborted) return;
        if (!isJournalError(error, 'unreachable')) throw error;
      }
      await more;
    }
  }

  async list(prefix = ''): Promise<readonly StreamSummary[]> {
    this.checkOpen();
    try {
      const rows = await this.store.query(
        'SELECT stream, version FROM cowlab_heads WHERE substr(stream, 1, $1) = $2 ORDER BY stream',
        [prefix.length, prefix],
      );
      return rows.map(({ stream, version }) => ({ stream: String(stream), version: numberOf(version) }));
    } catch (error) {
      throw this.told(error);
    }
  }

  async *verify(prefix = ''): AsyncGenerator<StreamCheck, void, undefined> {
    this.checkOpen();
    try {
      yield* checkStreams(this.store, prefix);
    } catch (error) {
      throw this.told(error);
    }
  }

  async drop(stream: string): Promise<boolean> {
    this.checkOpen();
    streamParts(stream);
    try {
      return await this.store.transaction(async (query) => {
        const there = await query(
          'SELECT stream FROM cowlab_heads WHERE stream = $1 UNION SELECT stream FROM cowlab_chunks WHERE stream = $1',
          [stream],
        );
        for (const table of ['cowlab_chunks', 'cowlab_snapshots', 'cowlab_heads'])
          await query(`DELETE FROM ${table} WHERE stream = $1`, [stream]);
        return there.length > 0;
      });
    } catch (error) {
      throw this.told(error);
    }
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    while (this.working !== null) await this.working;
    await this.store.close();
  }

  private async work(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.asked.length > 0) await this.round(this.asked.splice(0, APPENDS_MAX));
    } finally {
      this.working = null;
    }
  }

  private async round(batch: readonly Asked[]): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        const results = await this.store.transaction(async (query) => {
          const results = new Map<Asked, Appended>();
          // Whoever needs several streams takes them in the same order as all others: nobody waits in a circle.
          const ordered = batch.toSorted((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0));
          for (const one of ordered) results.set(one, await this.appendIn(query, one));
          return results;
        });
        this.wake();
        for (const [one, result] of results) one.resolve(result);
        return;
      } catch (error) {
        // Somebody was faster at one of these streams: the next try sees what they appended.
        if (this.store.isTaken(error) && tries < TRIES_MAX) continue;
        // One that cannot be carried out must not take the others with it.
        if (batch.length > 1) {
          for (const one of batch) await this.round([one]);
          return;
        }
        batch[0].reject(this.told(error));
        return;
      }
    }
  }

  private async appendIn(query: Query, { stream, chunks, expected, nr }: Asked): Promise<Appended> {
    const [row] = await query(`SELECT version FROM cowlab_heads WHERE stream = $1${this.store.words.forUpdate}`, [
      stream,
    ]);
    const head = row === undefined ? 0 : numberOf(row.version);
    if (head !== expected) {
      if (expected + nr > head) return conflict(stream, expected, head);
      const stored = await query(
        'SELECT hash FROM cowlab_chunks WHERE stream = $1 AND version >= $2 AND version < $3 ORDER BY version',
        [stream, expected, expected + nr],
      );
      return sameChunks(chunks, stored.map(({ hash }) => String(hash)))
        ? { ok: true, version: expected + nr, repeated: true }
        : conflict(stream, expected, head);
    }
    let version = expected;
    for (const chunk of chunks) {
      await query('INSERT INTO cowlab_chunks (stream, version, nr, hash, bytes) VALUES ($1, $2, $3, $4, $5)', [stream,
        version, chunk.nr, chunkHash(chunk), chunk.bytes]);
      version += chunk.nr;
    }
    if (row === undefined) await query('INSERT INTO cowlab_heads (stream, version) VALUES ($1, $2)', [stream, version]);
    else await query('UPDATE cowlab_heads SET version = $2 WHERE stream = $1', [stream, version]);
    await this.store.tell(query, stream);
    return { ok: true, version, repeated: false };
  }

  private wake(): void {
    for (const wake of this.waiting) wake();
  }

  private async more(ends: AbortSignal): Promise<void> {
    const looks = new AbortController();
    const woken = new Promise<void>((done) => {
      this.waiting.add(done);
      looks.signal.addEventListener('abort', () => this.waiting.delete(done));
    });
    const signal = AbortSignal.any([ends, looks.signal]);
    await Promise.race([woken, sleep(this.store.lookEveryMs, undefined, { signal }).catch(() => undefined)]);
    looks.abort();
  }

  private told(error: unknown): JournalError {
    if (isJournalError(error) || !this.store.isDamage(error)) return writeError(this.place, error);
    return new JournalError('damaged',
      `${this.place}: ${error instanceof Error ? error.message : String(error)} (${errnoOf(error)})`,
      'take the database from a copy', { cause: error });
  }

  private checkOpen(): void {
    if (this.closing.signal.aborted)
      throw new JournalError('closed', `${this.place}: the journal is closed`, 'open it again');
  }
}

async function makeTables(store: SqlStore): Promise<void> {
  const { bytes, name } = store.words;
  for (let tries = 1;; tries++) {
    try {
      await store.transaction(async (query) => {
        await query(`CREATE TABLE IF NOT EXISTS cowlab_journal (name ${name} PRIMARY KEY, value ${name} NOT NULL)`);
        await query(`CREATE TABLE IF NOT EXISTS cowlab_heads (stream ${name} PRIMARY KEY, version BIGINT NOT NULL)`);
        await query(
          `CREATE TABLE IF NOT EXISTS cowlab_chunks (stream ${name} NOT NULL, version BIGINT NOT NULL, nr BIGINT `
            + `NOT NULL, hash ${name} NOT NULL, bytes ${bytes} NOT NULL, PRIMARY KEY (stream, version))`,
        );
        await query(
          `CREATE TABLE IF NOT EXISTS cowlab_snapshots (stream ${name} NOT NULL, version BIGINT NOT NULL, hash `
            + `${name} NOT NULL, bytes ${bytes} NOT NULL, PRIMARY KEY (stream, version))`,
        );
        const [row] = await query("SELECT value FROM cowlab_journal WHERE name = 'format'");
        if (row === undefined) await query("INSERT INTO cowlab_journal (name, value) VALUES ('format', $1)", [FORMAT]);
        else if (row.value !== FORMAT)
          throw new JournalError('unknown-format', `${store.place}: format ${JSON.stringify(row.value)}`,
            'read it with the cowlab that wrote it');
      });
      return;
    } catch (error) {
      // Two that begin at once make the same tables.
      if (tries >= TRIES_MAX || !store.isTaken(error)) throw error;
    }
  }
}
