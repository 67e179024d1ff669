/** What a stream holds, and whether that is all there is to come, from its last chunk alone. */

import type { Journal, StoredChunk, StreamSummary } from './journal.ts';
import { isJournalError } from './journal-error.ts';
import { ChunkReader } from './log/log-chunk.ts';
import { isPacked } from './packed/packed-entries.ts';
import { holdsResults, unpackResults } from './results/result-chunk.ts';

export interface StreamState {
  /** 'other': whatever somebody packed in a way of his own. */
  readonly holds: 'log' | 'results' | 'other';
  /** 'partial': whoever wrote it was cut, as far as can be seen; 'open': it is being written. */
  readonly state: 'whole' | 'partial' | 'open';
}

/** @throws JournalError where the chunk cannot be read */
export async function streamState(journal: Journal, summary: StreamSummary): Promise<StreamState> {
  const { stream, version, writer } = summary;
  const unfinished = writer === undefined ? 'partial' : 'open';
  let last: StoredChunk | null = null;
  for await (const item of journal.read(stream, Math.max(0, version - 1))) if (item.kind === 'chunk') last = item;
  if (last === null) return { holds: 'other', state: unfinished };
  if (isPacked(last.bytes)) return { holds: 'log', state: unfinished };
  const where = `${journal.place}: ${stream}`;
  if (holdsResults(last.bytes))
    return { holds: 'results', state: unpackResults(last, where).at(-1)?.kind === 'end' ? 'whole' : unfinished };
  try {
    const read = new ChunkReader(where).read(last);
    return { holds: 'log', state: read.kind === 'end' ? 'whole' : unfinished };
  } catch (error) {
    if (isJournalError(error, 'damaged')) return { holds: 'other', state: unfinished };
    throw error;
  }
}
