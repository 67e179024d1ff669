/** Reading a stream out of tables: in pages, in flat memory, and believing nothing that does not add up. */

import { chunkHash } from '../chunk-check.ts';
import type { Stored, StoredSnapshot } from '../journal.ts';
import { JournalError } from '../journal-error.ts';
import { bytesOf, numberOf, type SqlRow, type SqlStore } from './sql-store.ts';

const PAGE_BYTES = 4 * 1024 * 1024;
const PAGE_ROWS_MAX = 1024;

export async function headOf(store: SqlStore, stream: string): Promise<number> {
  const [row] = await store.query('SELECT version FROM cowlab_heads WHERE stream = $1', [stream]);
  return row === undefined ? 0 : numberOf(row.version);
}

/** Up to the version that the stream has now. */
export async function* readStream(
  store: SqlStore,
  stream: string,
  from: number | 'snapshot',
): AsyncGenerator<Stored, void, undefined> {
  // In one question: between two, somebody may begin the stream.
  const [told] = await store.query(
    'SELECT (SELECT version FROM cowlab_heads WHERE stream = $1) AS head, (SELECT min(version) FROM '
      + 'cowlab_chunks WHERE stream = $1) AS stray',
    [stream],
  );
  if (told === undefined) throw damaged(store, stream, 0, 'the tables do not answer');
  if (told.head === null) {
    if (told.stray !== null) throw damaged(store, stream, 0, 'the stream has chunks and no version');
    return;
  }
  const head = numberOf(told.head);
  if (from !== 'snapshot' && from >= head) return;
  const begun = from === 'snapshot' ? await newestSnapshot(store, stream) : null;
  if (begun !== null) yield begun;
  if (begun !== null && begun.version >= head) return;
  const wanted = from === 'snapshot' ? (begun?.version ?? 0) : from;
  let at = await chunkWith(store, stream, wanted);
  let reached = wanted;
  let limit = 4;
  for (;;) {
    if (at !== null) {
      const rows = await store.query(
        'SELECT version, nr, hash, bytes FROM cowlab_chunks WHERE stream = $1 AND version >= $2 ORDER BY version LIMIT $3',
        [stream, at, limit],
      );
      let bytes = 0;
      for (const row of rows) {
        if (at >= head || numberOf(row.version) !== at) break;
        const chunk = chunkIn(store, stream, row);
        at += chunk.nr;
        bytes += chunk.bytes.length;
        yield chunk;
      }
      if (at >= head) return;
      if (rows.length === limit && numberOf(rows[rows.length - 1].version) < at) {
        limit = Math.max(1, Math.min(PAGE_ROWS_MAX, Math.floor(PAGE_BYTES / (bytes / rows.length + 1)), limit * 4));
        continue;
      }
    }
    // Either dropped, and a snapshot stands for it, or lost.
    reached = at ?? reached;
    const snapshot = await newestSnapshot(store, stream);
    if (snapshot === null || snapshot.version <= reached)
      throw damaged(store, stream, reached, `event ${reached} is missing`);
    yield snapshot;
    if (snapshot.version >= head) return;
    reached = snapshot.version;
    at = await chunkWith(store, stream, reached);
  }
}

/** The chunk that holds event `version`; null when it was dropped. */
async function chunkWith(store: SqlStore, stream: string, version: number): Promise<number | null> {
  const [row] = await store.query(
    'SELECT version, nr FROM cowlab_chunks WHERE stream = $1 AND version <= $2 ORDER BY version DESC LIMIT 1',
    [stream, version],
  );
  return row !== undefined && numberOf(row.version) + numberOf(row.nr) > version ? numberOf(row.version) : null;
}

async function newestSnapshot(store: SqlStore, stream: string): Promise<StoredSnapshot | null> {
  const [row] = await store.query(
    'SELECT version, hash, bytes FROM cowlab_snapshots WHERE stream = $1 ORDER BY version DESC LIMIT 1',
    [stream],
  );
  if (row === undefined) return null;
  const version = numberOf(row.version);
  const bytes = bytesOf(row.bytes);
  if (chunkHash({ nr: version, bytes }) !== row.hash)
    throw damaged(store, stream, version, 'a snapshot does not have the bytes it was written with');
  return { kind: 'snapshot', version, bytes };
}

function chunkIn(store: SqlStore, stream: string, row: SqlRow): Stored & { kind: 'chunk' } {
  const version = numberOf(row.version);
  const chunk = { nr: numberOf(row.nr), bytes: bytesOf(row.bytes) };
  if (!(chunk.bytes instanceof Uint8Array) || chunkHash(chunk) !== row.hash)
    throw damaged(store, stream, version, 'a chunk does not have the bytes it was written with');
  return { kind: 'chunk', version, ...chunk };
}

function damaged(store: SqlStore, stream: string, version: number, what: string): JournalError {
  return new JournalError('damaged', `${store.place}: ${stream}: event ${version}: ${what}`,
    'take the database from a copy, or read what comes before it');
}
