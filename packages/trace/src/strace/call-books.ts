/** What is known of calls and processes while lines are read, as text or from their bytes: both keep the same books. */
import type { OpenCall } from './open-call.ts';
import type { StraceRecord } from './strace-record.ts';
import { Tracees } from './tracees.ts';

/** Who is told of records as they become whole. That is not their order: see `begun`. */
export interface RecordSink {
  record(record: StraceRecord): void;
  /** A call was begun in this line and is not whole: its record comes later. */
  begun?(line: number, name: string): void;
  /** The first process, whose lines had no number until now, and records the number 0, has this one. */
  named?(pid: number): void;
}

/** Opens whose files may be written past the page cache, or are memory: from then on, transfers matter. */
const OPENS: ReadonlySet<string> = new Set(['open', 'openat', 'openat2', 'fcntl', 'fcntl64', 'creat', 'recvmsg']);
const OPENS_DIRECT = /O_DIRECT|infiniband|\/mem\b|\b0x/;

export class CallBooks {
  /** Calls that were counted and given to nobody: how many, and the line of the first. */
  readonly counted = new Map<string, { nr: number; line: number }>();
  /** Once a file was opened for direct I/O, no read() is like another. */
  mindsTransfers = false;
  readonly open = new Map<number, OpenCall>();
  readonly tracees = new Tracees(this.open);
  /** Processes of whom something is told already. */
  readonly known = new Set<number>();
  private isNamed = false;

  constructor(private readonly sink: RecordSink) {}

  tally(name: string, line: number): void {
    const known = this.counted.get(name);
    if (known === undefined) this.counted.set(name, { nr: 1, line });
    else known.nr++;
  }

  opens(name: string): boolean {
    return !this.mindsTransfers && OPENS.has(name);
  }

  /** `text`: what is printed of a call that opens something. */
  opened(text: string): void {
    this.mindsTransfers ||= OPENS_DIRECT.test(text);
  }

  begin(pid: number, call: OpenCall, line: number): void {
    this.open.set(pid, call);
    this.known.add(pid);
    this.sink.begun?.(line, call.name);
  }

  emit(record: StraceRecord): void {
    this.known.add(record.pid);
    const { main } = this.tracees;
    if (main !== 0 && !this.isNamed) {
      this.isNamed = true;
      this.sink.named?.(main);
    }
    this.sink.record(record.pid === 0 && main !== 0 ? { ...record, pid: main } : record);
  }
}
