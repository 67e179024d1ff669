/** Walks all rows of a journal in tables, says each that is not as it was written, and goes on behind it. */

import { chunkHash } from '../chunk-check.ts';
import type { Damage, StreamCheck } from '../journal.ts';
import { bytesOf, numberOf, type SqlRow, type SqlStore } from './sql-store.ts';

const MEND = 'take the database from a copy, or read what comes before it';
/** Rows may be large. */
const ROWS = 8;

export async function* checkStreams(store: SqlStore, prefix: string): AsyncGenerator<StreamCheck, void, undefined> {
  const names = await store.query(
    'SELECT stream FROM cowlab_heads WHERE substr(stream, 1, $1) = $2 UNION SELECT stream FROM cowlab_chunks WHERE '
      + 'substr(stream, 1, $1) = $2 ORDER BY stream',
    [prefix.length, prefix],
  );
  for (const { stream } of names) yield await checkStream(store, String(stream));
}

async function checkStream(store: SqlStore, stream: string): Promise<StreamCheck> {
  const damages: Damage[] = [];
  const say = (version: number, what: string): void =>
    void damages.push({ version, where: `${store.place}: ${stream}: event ${version}`, what, mend: MEND });
  const [told] = await store.query('SELECT version FROM cowlab_heads WHERE stream = $1', [stream]);
  const head = told === undefined ? null : numberOf(told.version);
  const newest = await checkSnapshots(store, stream, say);
  let [at, chunks, bytes] = [0, 0, 0];
  for (let after = -1;;) {
    const rows = await store.query(
      'SELECT version, nr, hash, bytes FROM cowlab_chunks WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3',
      [stream, after, ROWS],
    );
    for (const row of rows) {
      after = numberOf(row.version);
      // What was dropped has a snapshot that stands for it.
      if (after !== at && !(chunks === 0 && after <= newest.version))
        say(at, `events ${at} to ${after - 1} are missing`);
      const nr = numberOf(row.nr);
      const length = chunkLength(row, nr);
      if (length === null) say(after, 'a chunk does not have the bytes it was written with');
      else bytes += length;
      chunks++;
      at = after + nr;
    }
    if (rows.length < ROWS) break;
  }
  if (chunks === 0) at = newest.version;
  if (head === null) say(0, 'the stream has chunks and no version');
  else if (at !== head) say(Math.min(at, head), `the stream says that it has ${head} events, and ${at} are there`);
  return { stream, version: Math.min(at, damages[0]?.version ?? Infinity), chunks, snapshots: newest.nr, bytes,
    damages };
}

/** null: it is not what was written. */
function chunkLength(row: SqlRow, nr: number): number | null {
  const bytes = bytesOf(row.bytes);
  return bytes instanceof Uint8Array && chunkHash({ nr, bytes }) === row.hash ? bytes.length : null;
}

async function checkSnapshots(
  store: SqlStore,
  stream: string,
  say: (version: number, what: string) => void,
): Promise<{ readonly nr: number; readonly version: number }> {
  const rows = await store.query('SELECT version FROM cowlab_snapshots WHERE stream = $1 ORDER BY version', [stream]);
  for (const { version: at } of rows) {
    const version = numberOf(at);
    const [row] = await store.query('SELECT hash, bytes FROM cowlab_snapshots WHERE stream = $1 AND version = $2', [
      stream,
      version,
    ]);
    if (row !== undefined && chunkLength(row, version) === null)
      say(version, 'a snapshot does not have the bytes it was written with');
  }
  return { nr: rows.length, version: numberOf(rows.at(-1)?.version ?? 0) };
}
