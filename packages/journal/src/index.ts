/** @cowlab/journal: the durable event store, behind a port of five verbs. */

export { FileJournal, type FileJournalOptions } from './file/file-journal.ts';
export { type Disk, type DiskFile, nodeDisk } from './file/disk.ts';
export type { Appended, Chunk, Damage, Journal, SnapshotOptions, Stored, StoredChunk, StoredSnapshot, StreamCheck,
  StreamSummary, SubscribeOptions } from './journal.ts';
export { isJournalError, JournalError, type JournalErrorCode } from './journal-error.ts';
export { streamName, streamParts } from './stream-name.ts';
export { openJournal } from './open.ts';
export { type Fold, project, type Projected, projectLive } from './project.ts';
export { type JournalLog, readEntries, readJournalLog, readLabChunks } from './log/journal-log.ts';
export { JournalSink } from './log/journal-sink.ts';
export { type FoundResults, JournalResults, readResults, resultEvents } from './results/journal-results.ts';
export { holdsResults, packResults, type ResultEvent, type ResultHead, unpackResults } from './results/result-chunk.ts';
export { type SinkOptions, StreamSink } from './stream-sink.ts';
export { isDamage, isTaken, POSTGRES_WORDS } from './postgres/pg-store.ts';
export { SqlJournal } from './sql/sql-journal.ts';
export type { Query, SqlRow, SqlStore, SqlValue } from './sql/sql-store.ts';
export { streamState, type StreamState } from './stream-state.ts';
export type { LabHead } from './log/lab-head.ts';
export { ChunkReader, packEnd, packEntries, type ReadChunk } from './log/log-chunk.ts';
export type { Column } from './packed/column.ts';
export type { PackedEntries } from './packed/packed-entries.ts';
export type { Table } from './packed/table.ts';
export { PackedCosts } from './packed/packed-costs.ts';
