/** Results on their way into a stream, and out of it again: those of work that was cut need not be found twice. */

import type { Journal } from '../journal.ts';
import { JournalError } from '../journal-error.ts';
import { type SinkOptions, StreamSink } from '../stream-sink.ts';
import { packResults, type ResultEvent, type ResultHead, unpackResults } from './result-chunk.ts';

export interface FoundResults {
  /** null: the work was cut before it said what it is. */
  readonly head: ResultHead | null;
  readonly results: readonly unknown[];
  /** The work came to its end. */
  readonly isWhole: boolean;
  /** Events of the stream. */
  readonly version: number;
}

/** All that a stream of results holds; none at all of an unknown one. */
export async function readResults(journal: Journal, stream: string): Promise<FoundResults> {
  const results: unknown[] = [];
  let head: ResultHead | null = null;
  let isWhole = false;
  let version = 0;
  for await (const event of resultEvents(journal, stream)) {
    version++;
    if (event.kind === 'begin') head ??= event.head;
    else if (event.kind === 'end') isWhole = true;
    else results.push(event.value);
  }
  return { head, results, isWhole, version };
}

export async function* resultEvents(journal: Journal, stream: string): AsyncGenerator<ResultEvent, void, undefined> {
  for await (const item of journal.read(stream)) {
    if (item.kind === 'snapshot')
      throw new JournalError('bad-append',
        `${journal.place}: ${stream}: the results before ${item.version} were dropped`,
        'read a stream that was not compacted');
    yield* unpackResults(item, `${journal.place}: ${stream}`);
  }
}

export class JournalResults {
  private constructor(
    private readonly sink: StreamSink<ResultEvent>,
    /** Of the run that was cut and goes on here, in the order they were found. */
    readonly found: readonly unknown[],
  ) {}

  /** Begins the stream, or goes on behind what a run that was cut has left there. */
  static async open(
    journal: Journal,
    stream: string,
    head: ResultHead,
    options: SinkOptions = {},
  ): Promise<JournalResults> {
    const { head: begun, results, isWhole, version } = await readResults(journal, stream);
    if (isWhole)
      throw new JournalError('bad-append', `${journal.place}: ${stream}: it came to its end`, 'begin another stream');
    const sink = new StreamSink<ResultEvent>(journal, stream, version, packResults, options);
    if (begun === null) sink.add({ kind: 'begin', head });
    // Whether it can be written is told before the work begins.
    await sink.flush();
    return new JournalResults(sink, results);
  }

  /** @throws what kept an earlier one from the disk */
  add(value: unknown): void {
    this.sink.check();
    this.sink.add({ kind: 'result', value });
  }

  /** Whether those that were added should be written before there are more. */
  get isBehind(): boolean {
    return this.sink.isBehind;
  }

  flush(): Promise<void> {
    return this.sink.flush();
  }

  /** The work came to its end: a reader is told that nothing is missing. */
  finish(): Promise<void> {
    return this.sink.close(packResults([{ kind: 'end' }]));
  }
}
