/** Listens to a recording as it is read, in pieces of any size and in little memory, and keeps what a verdict rests on. */
import { StraceReader, type StraceReading, type StraceRecord } from '@cowlab/trace';
import { Seen } from '../coverage/seen.ts';
import type { Story } from './entities.ts';
import { Storyteller } from './story.ts';

/** What a recording came to. */
export interface Told {
  /** Its records are gone: they went into the story. */
  readonly reading: Omit<StraceReading, 'records'>;
  readonly story: Story;
  readonly seen: Seen;
  /** Its beginning, to tell what it is if it is no recording. */
  readonly head: string;
}

const HEAD_BYTES = 20_000;

export class Listener {
  private readonly teller: Storyteller;
  private readonly seen: Seen;
  private readonly reader: StraceReader;
  private head = '';

  /** `sampled`: there are samples or stated accesses, which are placed by their times. */
  constructor(name: string, sampled: boolean) {
    this.teller = new Storyteller(name);
    this.seen = new Seen(sampled);
    this.reader = new StraceReader(name, { counts: true, moments: sampled, sink: {
      record: (record) => this.record(record),
      begun: (line, call) => this.teller.begun(line, call),
      named: (pid) => this.named(pid),
    } });
  }

  write(piece: Uint8Array): void {
    if (this.head.length < HEAD_BYTES) {
      this.head += new TextDecoder('utf-8', { ignoreBOM: true }).decode(piece.subarray(0, HEAD_BYTES));
    }
    this.reader.write(piece);
  }

  writeText(text: string): void {
    this.head ||= text.slice(0, HEAD_BYTES);
    this.reader.writeText(text);
  }

  end(): Told {
    const { records: _, ...reading } = this.reader.end();
    return { reading, story: this.teller.end(reading), seen: this.seen, head: this.head };
  }

  private record(record: StraceRecord): void {
    this.seen.record(record);
    this.teller.record(record);
  }

  private named(pid: number): void {
    this.seen.named(pid);
    this.teller.named(pid);
  }
}

/** A recording that is one text. */
export function listenTo(text: string, name: string, sampled: boolean): Told {
  const listener = new Listener(name, sampled);
  listener.writeText(text);
  return listener.end();
}
