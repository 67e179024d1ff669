/**
 * Where a lab's log goes while it grows: a file, a journal, a dashboard. A sink is told of each entry once it is in the
 * log, before any subscriber hears of it, in order and none twice.
 */
import type { LogEntry } from '@cowlab/core';
import type { LogSource } from './log/log-source.ts';

export interface EventSink {
  /** Before the first command. `source` is the lab, to read from. */
  open?(source: LogSource): void;
  write(entry: LogEntry): void;
  /** The lab was closed; `source` stays readable. */
  close?(): void;
}

/** What a lab has that nobody gave one: the log is kept in memory, and nowhere else. */
export const NO_SINK: EventSink = Object.freeze<EventSink>({ write: () => undefined });
