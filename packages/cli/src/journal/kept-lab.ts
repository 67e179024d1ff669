/**
 * A lab whose log goes into a journal while it runs. What is told to the user is on the disk before: a step that was
 * seen is never lost. Waiting for the disk after each of many quick steps would take longer than they do, so beyond a
 * share of the time their text is held back until several go out together.
 */
import { type Journal, JournalSink, streamName } from '@cowlab/journal';
import type { Lab } from '@cowlab/runtime';

/** The share of the time that may go into waiting for single steps, and so much besides. */
const SHARE = 0.08;
const GRACE_MS = 8;

export class KeptLab {
  private readonly sink: JournalSink;
  private readonly begun = performance.now();
  private waited = 0;

  constructor(journal: Journal, experiment: string, lane: string, run: string, lab: Lab) {
    this.sink = new JournalSink(journal, streamName(experiment, lane, run), lab);
  }

  get stream(): string {
    return this.sink.stream;
  }

  /** Whether all that the lab did is on the disk now; false: not yet worth the wait. @throws JournalError */
  async keep(): Promise<boolean> {
    const now = performance.now();
    const isDue = this.sink.isBehind || this.waited < GRACE_MS + SHARE * (now - this.begun);
    if (!isDue) return false;
    await this.sink.flush();
    this.waited += performance.now() - now;
    return true;
  }

  /** Waits only when there is much to write, or when it is old. @throws JournalError */
  async keepUp(): Promise<void> {
    if (this.sink.isBehind) await this.sink.flush();
  }

  finish(): Promise<void> {
    return this.sink.finish();
  }

  /** The run was cut by an error: what was told is kept, and said to be partial. */
  stop(): Promise<void> {
    return this.sink.stop();
  }
}
