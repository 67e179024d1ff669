/**
 * Writes what a lab does to a stream while it does it. Entries gather for a few milliseconds and go out as one chunk; a
 * driver that works without ever waiting asks `isBehind` between its steps and waits for `flush` when it is told so.
 */

import type { LogEntry } from '@cowlab/core';
import type { Lab } from '@cowlab/runtime';
import type { Chunk, Journal } from '../journal.ts';
import { JournalError } from '../journal-error.ts';
import type { LabHead } from './lab-head.ts';
import { packEnd, packEntries } from './log-chunk.ts';

export interface SinkOptions {
  /** How long an entry may wait for others. */
  readonly delayMs?: number;
  /** A chunk that has so many is not waited with. */
  readonly entriesMax?: number;
}

const DELAY_MS = 20;
const ENTRIES_MAX = 1024;
/** An entry that holds very many events is a chunk of its own. */
const EVENTS_MAX = 20_000;

export class JournalSink {
  private gathered: LogEntry[] = [];
  private nrEvents = 0;
  private since = 0;
  private timer: NodeJS.Timeout | null = null;
  private tail: Promise<void> = Promise.resolve();
  private failure: Error | null = null;
  private written: number;
  private readonly head: LabHead;
  private readonly delayMs: number;
  private readonly entriesMax: number;
  private readonly unsubscribe: () => void;

  /** The stream must hold exactly what the lab has in its log already: nothing, or what a run that was cut told. */
  constructor(
    private readonly journal: Journal,
    readonly stream: string,
    private readonly lab: Lab,
    { delayMs = DELAY_MS, entriesMax = ENTRIES_MAX }: SinkOptions = {},
  ) {
    const { name, geometry, policies, log } = lab;
    this.head = { name, geometry, policies };
    this.delayMs = delayMs;
    this.entriesMax = entriesMax;
    this.written = log.length;
    const subscription = lab.commits$.subscribe((entry) => this.add(entry));
    this.unsubscribe = () => subscription.unsubscribe();
  }

  /** Whether what the lab did should be written before it does more. */
  get isBehind(): boolean {
    return this.gathered.length > 0
      && (this.gathered.length >= this.entriesMax || performance.now() - this.since >= this.delayMs);
  }

  /** Everything the lab has done is on the disk when it resolves. @throws what kept it from that, now and ever after */
  async flush(): Promise<void> {
    this.send();
    await this.tail;
    if (this.failure !== null) throw this.failure;
  }

  /** The run came to its end: a reader is told that nothing is missing. */
  async finish(): Promise<void> {
    this.unsubscribe();
    await this.flush();
    const { written } = this;
    this.enqueue(packEnd(this.head, this.lab.hash), written);
    this.written = written + 1;
    await this.flush();
  }

  /** The run was cut: what was told is kept, and the stream stays open. */
  async stop(): Promise<void> {
    this.unsubscribe();
    await this.flush();
  }

  private add(entry: LogEntry): void {
    if (this.failure !== null) return;
    if (this.gathered.length === 0) {
      this.since = performance.now();
      this.timer ??= setTimeout(() => {
        this.timer = null;
        this.send();
      }, this.delayMs);
    }
    this.gathered.push(entry);
    this.nrEvents += entry.events.length;
    if (this.gathered.length >= this.entriesMax || this.nrEvents >= EVENTS_MAX) this.send();
  }

  private send(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.gathered.length === 0) return;
    const entries = this.gathered;
    this.gathered = [];
    this.nrEvents = 0;
    this.enqueue(packEntries(this.head, entries), this.written);
    this.written += entries.length;
  }

  /** In order: an append that fails lets no later one pass. */
  private enqueue(chunk: Chunk, version: number): void {
    this.tail = this.tail.then(async () => {
      if (this.failure !== null) return;
      const result = await this.journal.append(this.stream, [chunk], version);
      if (!result.ok)
        throw new JournalError('bad-append',
          `${this.stream}: it has ${result.version} events, and this run is at ${version}`,
          'write each run to a stream of its own');
    }).catch((error: unknown) => {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
    });
  }
}
