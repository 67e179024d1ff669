/**
 * Results of long work that go into a journal as they are found. A run of the same question that was cut goes on where
 * it was; one that came to its end is left as it is, and a new stream is begun.
 */
import { readFileSync } from 'node:fs';
import { type Journal, JournalResults, readResults, streamName } from '@cowlab/journal';
import type { Io } from '../terminal/io.ts';
import { openForWriting } from './open-journal.ts';
import { questionHash, runName } from './run-names.ts';

/** Another cowlab may come to other answers. */
const { version: VERSION } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

export interface Question {
  readonly command: string;
  /** Names of the stream. */
  readonly experiment: string;
  readonly lane: string;
  /** In words. */
  readonly asked: string;
  /** All that the answers depend on; null: every run is one of its own. */
  readonly question: unknown;
}

export class KeptResults {
  private constructor(
    private readonly journal: Journal,
    private readonly results: JournalResults,
    readonly stream: string,
    private readonly address: string,
  ) {}

  /** null: nobody asks for it. @throws UsageError, JournalError */
  static async open(address: string | undefined, question: Question, io: Io): Promise<KeptResults | null> {
    if (address === undefined) return null;
    const journal = await openForWriting(address, io);
    try {
      const { command, asked } = question;
      const stream = await streamFor(journal, question);
      const results = await JournalResults.open(journal, stream, { what: command, asked,
        begun: new Date().toISOString() });
      return new KeptResults(journal, results, stream, address);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** Of the run that was cut. */
  get found(): readonly unknown[] {
    return this.results.found;
  }

  /** @throws JournalError when an earlier one could not be kept */
  add(value: unknown): void {
    this.results.add(value);
  }

  /** Gives the disk its turn where the work never waits. */
  async keepUp(): Promise<void> {
    if (this.results.isBehind) await this.results.flush();
  }

  flush(): Promise<void> {
    return this.results.flush();
  }

  finish(): Promise<void> {
    return this.results.finish();
  }

  /** In any case, and last: what was found until then is kept. */
  async close(): Promise<void> {
    await this.results.flush().catch(() => undefined);
    await this.journal.close();
  }

  /** Where they are, in a sentence. */
  get text(): string {
    const before = this.found.length === 0 ? '' : `; ${this.found.length} of them were there, of a run that was cut`;
    return `kept in the journal ${this.address} as ${this.stream}${before}`;
  }
}

/** Of a run of this question that was cut and that nobody goes on with, or a new one. */
async function streamFor(journal: Journal, { experiment, lane, question }: Question): Promise<string> {
  if (question === null) return streamName(experiment, lane, runName());
  const hash = questionHash([VERSION, question]);
  const prefix = streamName(experiment, lane, 'x').slice(0, -1);
  for (const { stream, writer } of (await journal.list(prefix)).toReversed()) {
    if (writer !== undefined || !stream.endsWith(`-${hash}`)) continue;
    if (!(await readResults(journal, stream)).isWhole) return stream;
  }
  return streamName(experiment, lane, `${runName()}-${hash}`);
}
