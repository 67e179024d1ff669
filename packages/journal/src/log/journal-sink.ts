/** A lab's log on its way into a stream: each entry as it is told, and in the end which world they led to. */

import type { LogEntry } from '@cowlab/core';
import type { Lab } from '@cowlab/runtime';
import type { Journal } from '../journal.ts';
import { type SinkOptions, StreamSink } from '../stream-sink.ts';
import type { LabHead } from './lab-head.ts';
import { packEnd, packEntries } from './log-chunk.ts';

export class JournalSink {
  private readonly sink: StreamSink<LogEntry>;
  private readonly head: LabHead;
  private readonly unsubscribe: () => void;

  /** The stream must hold exactly what the lab has in its log already: nothing, or what a run that was cut told. */
  constructor(journal: Journal, readonly stream: string, private readonly lab: Lab, options: SinkOptions = {}) {
    const { name, geometry, policies, log } = lab;
    this.head = { name, geometry, policies };
    this.sink = new StreamSink<LogEntry>(journal, stream, log.length, (entries) => packEntries(this.head, entries),
      options);
    const subscription = lab.commits$.subscribe((entry) => this.sink.add(entry, entry.events.length));
    this.unsubscribe = () => subscription.unsubscribe();
  }

  /** Whether the lab did something that nobody has acknowledged. */
  get isWaiting(): boolean {
    return this.sink.isWaiting;
  }

  /** Whether what the lab did should be written before it does more. */
  get isBehind(): boolean {
    return this.sink.isBehind;
  }

  /** Everything the lab has done is on the disk when it resolves. @throws what kept it from that, now and ever after */
  flush(): Promise<void> {
    return this.sink.flush();
  }

  /** The run came to its end: a reader is told that nothing is missing. */
  async finish(): Promise<void> {
    this.unsubscribe();
    await this.sink.close(packEnd(this.head, this.lab.hash));
  }

  /** The run was cut: what was told is kept, and the stream stays open. */
  async stop(): Promise<void> {
    this.unsubscribe();
    await this.flush();
  }
}
