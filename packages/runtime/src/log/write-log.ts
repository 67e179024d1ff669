/**
 * A log as text, one JSON value a line: a header, the entries in order with snapshots before the entry at their
 * position, and a closing line that says how many entries there are, which world they lead to, and what the text sums
 * up to.
 */

import type { LogEntry } from '@cowlab/core';
import { LOG_VERSION, LineSum } from './log-lines.ts';
import type { LogSource } from './log-source.ts';

/** The lines of a log, with their ends, for whoever has its entries one by one. */
export class LogLines {
  private readonly sum = new LineSum();
  private nr = 0;

  head({ name, geometry, policies }: Pick<LogSource, 'name' | 'geometry' | 'policies'>): string {
    return this.line({ cowlab: 'log', version: LOG_VERSION, geometry, policies, name });
  }

  entry(entry: LogEntry): string {
    this.nr++;
    return this.line(entry);
  }

  snapshot(position: number, saved: object): string {
    return this.line({ snapshot: { position, ...saved } });
  }

  /** The closing line. `hash` is of the world that the entries lead to. */
  end(hash: string): string {
    return `${JSON.stringify({ end: { entries: this.nr, hash, sum: this.sum.closedWith(this.nr, hash) } })}\n`;
  }

  private line(value: object): string {
    const text = JSON.stringify(value);
    this.sum.add(text);
    return `${text}\n`;
  }
}

/** Writes a log while its lab goes on: each call gives the lines, with their ends, that came since the last one. */
export class LogWriter {
  private readonly lines = new LogLines();
  private hasBegun = false;
  private nrEntries = 0;
  private nrSnapshots = 0;

  constructor(private readonly source: LogSource) {}

  /** Up to `entries`; by default all that are there. */
  *more(entries = this.source.log.length): Generator<string, void, undefined> {
    const { name, geometry, policies, log, snapshots } = this.source;
    if (!this.hasBegun) yield this.lines.head({ name, geometry, policies });
    this.hasBegun = true;
    for (;; this.nrEntries++) {
      while (this.nrSnapshots < snapshots.length && snapshots[this.nrSnapshots].position === this.nrEntries) {
        const { position, saved } = this.snapshot();
        yield this.lines.snapshot(position, saved);
      }
      if (this.nrEntries >= entries) return;
      yield this.lines.entry(log[this.nrEntries]);
    }
  }

  /** The closing line too. */
  *end(entries = this.source.log.length, hash = this.source.hash): Generator<string, void, undefined> {
    yield* this.more(entries);
    yield this.lines.end(hash);
  }

  private snapshot(): { readonly position: number; readonly saved: object } {
    const snapshot = this.source.snapshots[this.nrSnapshots++];
    return { position: snapshot.position, saved: snapshot.saved() };
  }
}

/** Line by line, each with its line end. What a lab does while it is written is left out. */
export function* writeLog(source: LogSource): Generator<string, void, undefined> {
  const { log, hash } = source;
  yield* new LogWriter(source).end(log.length, hash);
}

export function formatLog(source: LogSource): string {
  return [...writeLog(source)].join('');
}
