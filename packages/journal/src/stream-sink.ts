/**
 * Writes what happens to a stream while it happens. Items gather for a few milliseconds and go out as one chunk; a
 * driver that works without ever waiting asks `isBehind` between its steps and waits for `flush` when it is told so.
 */

import type { Chunk, Journal } from './journal.ts';
import { JournalError } from './journal-error.ts';

export interface SinkOptions {
  /** How long an item may wait for others. */
  readonly delayMs?: number;
  /** A chunk that has so many is not waited with. */
  readonly itemsMax?: number;
}

const DELAY_MS = 20;
const ITEMS_MAX = 1024;
/** Items weigh 1 and what they hold: what is heavy is not waited with either. */
const WEIGHT_MAX = 20_000;

export class StreamSink<Item> {
  private gathered: Item[] = [];
  private weight = 0;
  private since = 0;
  private timer: NodeJS.Timeout | null = null;
  private tail: Promise<void> = Promise.resolve();
  private failure: Error | null = null;
  private readonly delayMs: number;
  private readonly itemsMax: number;

  /** `written`: how many events the stream has. */
  constructor(
    private readonly journal: Journal,
    readonly stream: string,
    private written: number,
    private readonly pack: (items: readonly Item[]) => Chunk,
    { delayMs = DELAY_MS, itemsMax = ITEMS_MAX }: SinkOptions = {},
  ) {
    this.delayMs = delayMs;
    this.itemsMax = itemsMax;
  }

  /** Whether something was added that nobody has acknowledged. */
  get isWaiting(): boolean {
    return this.gathered.length > 0;
  }

  /** Whether what was added should be written before there is more. */
  get isBehind(): boolean {
    return this.gathered.length > 0
      && (this.gathered.length >= this.itemsMax || performance.now() - this.since >= this.delayMs);
  }

  add(item: Item, weight = 0): void {
    if (this.failure !== null) return;
    if (this.gathered.length === 0) {
      this.since = performance.now();
      this.timer ??= setTimeout(() => {
        this.timer = null;
        this.send();
      }, this.delayMs);
    }
    this.gathered.push(item);
    this.weight += weight;
    if (this.gathered.length >= this.itemsMax || this.weight >= WEIGHT_MAX) this.send();
  }

  /** A chunk of its own, behind all that was added. */
  close(chunk: Chunk): Promise<void> {
    this.send();
    this.enqueue(chunk);
    return this.flush();
  }

  /** All that was added is on the disk when it resolves. @throws what kept it from that, now and ever after */
  async flush(): Promise<void> {
    this.send();
    await this.tail;
    this.check();
  }

  /** @throws what kept an earlier item from the disk */
  check(): void {
    if (this.failure !== null) throw this.failure;
  }

  private send(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.gathered.length === 0) return;
    const items = this.gathered;
    this.gathered = [];
    this.weight = 0;
    this.enqueue(this.pack(items));
  }

  /** In order: an append that fails lets no later one pass. */
  private enqueue(chunk: Chunk): void {
    const version = this.written;
    this.written += chunk.nr;
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
