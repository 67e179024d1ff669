/** A lab's log out of a stream again: entry by entry in flat memory, or whole, to be replayed. */

import { evolve, type LogEntry, World } from '@cowlab/core';
import type { SavedLog } from '@cowlab/runtime';
import type { Journal } from '../journal.ts';
import { JournalError } from '../journal-error.ts';
import { ChunkReader, type ReadChunk } from './log-chunk.ts';
import type { LabHead } from './lab-head.ts';

/** The entries from `from` on; what it returns at the end is the hash of a run that came to its end, or null. */
export async function* readEntries(
  journal: Journal,
  stream: string,
  from = 0,
): AsyncGenerator<LogEntry, string | null, undefined> {
  const where = `${journal.place}: ${stream}`;
  const reader = new ChunkReader(where);
  let hash: string | null = null;
  for await (const item of journal.read(stream, from)) {
    if (item.kind === 'snapshot') throw dropped(where, item.version);
    const chunk = reader.read(item);
    if (chunk.kind === 'end') hash = chunk.hash;
    else for (const entry of chunk.entries) if (entry.position >= from) yield entry;
  }
  return hash;
}

/** Chunk by chunk, in flat memory. */
export async function* readLabChunks(journal: Journal, stream: string): AsyncGenerator<ReadChunk, void, undefined> {
  const where = `${journal.place}: ${stream}`;
  const reader = new ChunkReader(where);
  for await (const item of journal.read(stream)) {
    if (item.kind === 'snapshot') throw dropped(where, item.version);
    yield reader.read(item);
  }
}

export interface JournalLog extends SavedLog {
  /** The run was cut: the log ends where it was told last. */
  readonly partial: boolean;
}

/** null when the stream has nothing. The hash of a partial log is of the world that its entries lead to. */
export async function readJournalLog(journal: Journal, stream: string): Promise<JournalLog | null> {
  const where = `${journal.place}: ${stream}`;
  const log: LogEntry[] = [];
  let head: LabHead | null = null;
  let hash: string | null = null;
  const reader = new ChunkReader(where);
  for await (const item of journal.read(stream)) {
    if (item.kind === 'snapshot') throw dropped(where, item.version);
    const chunk = reader.read(item);
    if (head !== null && JSON.stringify(head) !== JSON.stringify(chunk.head)) {
      throw new JournalError('damaged', `${where}: event ${item.version}: it is of another lab (${chunk.head.name})`,
        'write each run to a stream of its own');
    }
    head = chunk.head;
    if (chunk.kind === 'end') hash = chunk.hash;
    else for (const entry of chunk.entries) log.push(entry);
  }
  if (head === null) return null;
  return { file: where, ...head, log, snapshots: [], hash: hash ?? hashOf(head, log, where), partial: hash === null };
}

function hashOf({ geometry }: LabHead, log: readonly LogEntry[], where: string): string {
  const world = new World(geometry);
  for (const { position, events } of log) {
    try {
      for (const event of events) evolve(world, event);
    } catch (cause) {
      throw new JournalError('damaged', `${where}: entry ${position} cannot be replayed`,
        'read it with the cowlab that wrote it', { cause });
    }
  }
  return world.hash();
}

function dropped(where: string, version: number): JournalError {
  return new JournalError('bad-append', `${where}: the entries before ${version} were dropped`,
    'replay needs all of them; fold what is kept instead');
}
