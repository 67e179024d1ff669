/**
 * The port: five verbs over streams of packed chunks, and two for their upkeep. What a chunk holds is its writer's
 * business; a journal keeps the bytes, their order and the number of events, and never a row per event.
 *
 * A version counts events: a stream at version n has events 0 to n - 1, and the chunk at version v holds the events
 * from
 * v on. It is the position that subscribers count in as well, so there is no number that commits out of order.
 */

/** Some events, packed by whoever appends them. */
export interface Chunk {
  /** How many events; at least one. */
  readonly nr: number;
  readonly bytes: Uint8Array;
}

export interface StoredChunk extends Chunk {
  readonly kind: 'chunk';
  /** Of its first event. */
  readonly version: number;
}

/** Stands for every event before `version`. */
export interface StoredSnapshot {
  readonly kind: 'snapshot';
  readonly version: number;
  readonly bytes: Uint8Array;
}

export type Stored = StoredChunk | StoredSnapshot;

export type Appended =
  /** `version` is the one after these chunks; `repeated` when the stream had them already, word for word. */
  | { readonly ok: true; readonly version: number; readonly repeated: boolean }
  /** Nothing was written; `version` is the one the stream has. */
  | { readonly ok: false; readonly code: 'version-conflict'; readonly version: number; readonly hint: string };

export interface StreamSummary {
  readonly stream: string;
  readonly version: number;
  /** The process that writes it now, where the store can tell. */
  readonly writer?: number;
}

export interface SnapshotOptions {
  /** Drop what the snapshot stands for, as far as the store can do so cheaply. */
  readonly compact?: boolean;
}

/** A place that is not as it was written. */
export interface Damage {
  /** Of the first event that cannot be had because of it. */
  readonly version: number;
  /** File and offset, or the row. */
  readonly where: string;
  readonly what: string;
  readonly mend: string;
}

export interface StreamCheck {
  readonly stream: string;
  /** Behind the last event that is vouched for. */
  readonly version: number;
  readonly chunks: number;
  readonly snapshots: number;
  /** Of the chunks, as they were appended. */
  readonly bytes: number;
  readonly damages: readonly Damage[];
}

export interface SubscribeOptions {
  /** Ends the subscription quietly. */
  readonly signal?: AbortSignal;
}

export interface Journal {
  /** The address it was opened by, without a password. */
  readonly place: string;

  /**
   * All of `chunks` or none, behind the events there are, if there are `expectedVersion` of them. Resolves when a
   * power cut can no longer take them away.
   * @throws JournalError 'full', 'locked', 'unsafe'…; the stream is then as it was before
   */
  append(stream: string, chunks: readonly Chunk[], expectedVersion: number): Promise<Appended>;

  /**
   * From the chunk that holds event `from` on, in order and in flat memory. Where events were dropped, or with
   * `'snapshot'`, the newest snapshot comes first. Ends with the last event there is; an unknown stream has none.
   * @throws JournalError 'damaged', which names the place
   */
  read(stream: string, from?: number | 'snapshot'): AsyncIterableIterator<Stored>;

  /** Keep `bytes` as what the events before `version` come to. */
  snapshot(stream: string, version: number, bytes: Uint8Array, options?: SnapshotOptions): Promise<void>;

  /** As `read`, and then what is appended later, by whichever process, each event once: it ends by its signal only. */
  subscribe(stream: string, from?: number, options?: SubscribeOptions): AsyncIterableIterator<Stored>;

  /** The streams whose names begin with `prefix`, in the order of their names. */
  list(prefix?: string): Promise<readonly StreamSummary[]>;

  /** Upkeep: walks every chunk and snapshot of each stream, also of those that cannot be read, and goes on behind damage. */
  verify(prefix?: string): AsyncIterableIterator<StreamCheck>;

  /**
   * Upkeep: the stream is gone as a whole, and may be begun anew; whoever subscribes to it hears no more of it. False
   * when there is none.
   * @throws JournalError 'locked' while another process writes it, as far as the store can tell
   */
  drop(stream: string): Promise<boolean>;

  /** Ends its subscriptions; appends that were asked for are carried out first. */
  close(): Promise<void>;
}
