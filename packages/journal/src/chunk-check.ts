/** What every store asks of an append before anything is written, and when two appends are the same one. */

import { createHash } from 'node:crypto';
import type { Appended, Chunk } from './journal.ts';
import { JournalError } from './journal-error.ts';

export const CHUNK_BYTES_MAX = 256 * 1024 * 1024;
const NR_MAX = 0xffff_ffff;

/** How many events there are in `chunks`. */
export function countEvents(stream: string, chunks: readonly Chunk[], expectedVersion: number): number {
  checkVersion(stream, expectedVersion);
  if (chunks.length === 0)
    throw new JournalError('bad-append', `${stream}: nothing to append`, 'give one chunk at least');
  let nr = 0;
  for (const chunk of chunks) {
    if (!Number.isSafeInteger(chunk.nr) || chunk.nr < 1 || chunk.nr > NR_MAX) {
      throw new JournalError('bad-append', `${stream}: a chunk of ${chunk.nr} events`,
        'give the number of events in it, at least one');
    }
    if (!(chunk.bytes instanceof Uint8Array) || chunk.bytes.length > CHUNK_BYTES_MAX) {
      throw new JournalError('bad-append', `${stream}: a chunk holds at most ${CHUNK_BYTES_MAX} bytes`,
        'cut it into smaller ones');
    }
    nr += chunk.nr;
  }
  if (!Number.isSafeInteger(expectedVersion + nr))
    throw new JournalError('bad-append', `${stream}: more than 2^53 events`, 'begin another stream');
  return nr;
}

export function checkVersion(stream: string, version: number): void {
  if (Number.isSafeInteger(version) && version >= 0) return;
  throw new JournalError('bad-append', `${stream}: there is no version ${version}`,
    'give the number of events before it');
}

/** Of one chunk: its count and its bytes. */
export function chunkHash({ nr, bytes }: Chunk): string {
  return createHash('sha256').update(`${nr} `).update(bytes).digest('hex');
}

/** Whether the stream holds exactly `chunks` from some version on, chunk by chunk. `stored` are hashes in order. */
export function sameChunks(chunks: readonly Chunk[], stored: readonly string[]): boolean {
  return chunks.length === stored.length && chunks.every((chunk, i) => chunkHash(chunk) === stored[i]);
}

export function conflict(stream: string, expected: number, version: number): Appended {
  const hint = expected > version
    ? `${stream} has ${version} events and not ${expected} yet; append at ${version}`
    : `somebody else appended to ${stream} since version ${expected}; read on from there, decide again and append at ${version}`;
  return { ok: false, code: 'version-conflict', version, hint };
}
