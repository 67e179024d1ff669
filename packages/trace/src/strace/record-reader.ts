/**
 * Lines of strace to records: joins what strace printed in two halves, and keeps the books of calls that are open.
 *
 * strace prints a call in two halves when another process is heard of in between: `… <unfinished ...>` and `<... NAME
 * resumed>…`. The halves are joined into one record that remembers both places, because a memory model has to decide
 * where between them the call took effect. A call still unfinished when its process ends, or when the recording does,
 * is kept with `unfinished: true`: it was asked for, and nobody saw whether it happened.
 */
import { asUnread, NAME, readCall, readEnd, readSignal, refuse, RESUMED, tryArguments,
  Unreadable } from './call-text.ts';
import type { CallName } from './call-names.ts';
import type { LineBytes } from './line-bytes.ts';
import type { StraceLine } from './strace-line.ts';
import type { UnreadLine } from './strace-reading.ts';
import type { StraceRecord, SyscallRecord } from './strace-record.ts';
import { unescape } from './strace-value.ts';
import { Tracees } from './tracees.ts';

/** Who is told of records as they become whole. That is not their order: see `begun`. */
export interface RecordSink {
  record(record: StraceRecord): void;
  /** A call was begun in this line and is not whole: its record comes later. */
  begun?(line: number, name: string): void;
  /** The first process, whose lines had no number until now, and records the number 0, has this one. */
  named?(pid: number): void;
}

interface OpenCall {
  readonly begun: StraceLine;
  readonly name: string;
  readonly text: string;
  /** Whether anybody minds if it never returns. */
  readonly isMinded: boolean;
}

/** Opens whose files may be written past the page cache, or are memory: from then on, transfers matter. */
const OPENS: ReadonlySet<string> = new Set(['open', 'openat', 'openat2', 'fcntl', 'fcntl64', 'creat', 'recvmsg']);
const OPENS_DIRECT = /O_DIRECT|infiniband|\/mem\b|\b0x/;

const MAKES: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork']);

export class RecordReader {
  readonly unread: UnreadLine[] = [];
  /** Calls that were counted and given to nobody: how many, and the line of the first. */
  readonly counted = new Map<string, { nr: number; line: number }>();
  /** Once a file was opened for direct I/O, no read() is like another. */
  mindsTransfers = false;
  unreadNr = 0;
  private readonly open = new Map<number, OpenCall>();
  private readonly tracees = new Tracees();
  private readonly known = new Set<number>();
  private readonly names = new Map<number, string>();
  private isNamed = false;

  constructor(private readonly sink: RecordSink) {}

  /** @throws nothing: what does not read is listed */
  read(line: StraceLine): void {
    try {
      this.readLine({ ...line, pid: this.tracees.of(line, this.open) });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.refused(error.line);
    }
  }

  refused(line: UnreadLine): void {
    this.unreadNr++;
    if (this.unread.length < UNREAD_MAX) this.unread.push(line);
  }

  /** A whole call that nobody minds: it is counted. False if it must be read after all. */
  count(bytes: LineBytes, { name }: CallName, line: number): boolean {
    if (this.idle(bytes) === null) return false;
    this.tally(name, line);
    return true;
  }

  /** The first half of such a call. */
  countHalf(bytes: LineBytes, { name }: CallName, line: number): boolean {
    const whose = this.idle(bytes);
    if (whose === null) return false;
    this.tally(name, line);
    const { pids, micros } = bytes;
    const begun: StraceLine = { line, pid: whose, micros, pids, times: 'none', rest: `${name}( <unfinished ...>`,
      column: 1 };
    this.open.set(whose, { begun, name, text: `${name}(`, isMinded: false });
    return true;
  }

  /** The second half. */
  countResumed({ pid, pids }: LineBytes, { name }: CallName): boolean {
    if (pids === 'no pid') return false;
    const whose = this.tracees.numbered(pid);
    const before = this.open.get(whose);
    return before?.isMinded === false && before.name === name && this.open.delete(whose);
  }

  /** A whole call that is to be read, whose line is plain from end to end. False if it is not. */
  readWhole(bytes: LineBytes, text: string, line: number, clock: { stamp(): number }): boolean {
    const { rest, nameEnd, close, ret, durationMicros } = bytes;
    const whose = this.idle(bytes);
    if (whose === null) return false;
    const call = text.slice(rest, close + 1);
    const read = tryArguments(call, nameEnd - rest + 1);
    if (read === null || read.next !== call.length) return false;
    const name = this.nameOf(bytes, text);
    if (MAKES.has(name)) this.tracees.made(ret);
    if (OPENS.has(name)) this.mindsTransfers ||= OPENS_DIRECT.test(call);
    const micros = clock.stamp();
    this.emit({ kind: 'syscall', name, args: read.args, line, pid: whose, startMicros: micros, endLine: line,
      ...resultOf(bytes, text), endMicros: durationMicros < 0 ? null : micros + durationMicros, unfinished: false });
    return true;
  }

  /** The first half of a call that is to be read, on a plain line. */
  beginPlain(bytes: LineBytes, text: string, line: number, clock: { stamp(): number }): boolean {
    const { rest, nameEnd, end, pids, times } = bytes;
    const whose = this.idle(bytes);
    if (whose === null) return false;
    const whole = text.slice(rest, end);
    const half = whole.slice(0, -UNFINISHED.length).trimEnd();
    const read = tryArguments(half, nameEnd - rest + 1, true);
    if (read === null || read.next < half.length) return false;
    const name = this.nameOf(bytes, text);
    if (OPENS.has(name)) this.mindsTransfers ||= OPENS_DIRECT.test(whole);
    this.begin({ line, pid: whose, micros: clock.stamp(), pids, times, rest: whole, column: 1 }, name, half);
    return true;
  }

  /** The second half, on a plain line. */
  resumePlain(bytes: LineBytes, text: string, line: number, clock: { stamp(): number }): boolean {
    const { pid, pids, nameEnd, close, ret } = bytes;
    if (pids === 'no pid') return false;
    const whose = this.tracees.numbered(pid);
    const before = this.open.get(whose);
    if (before?.isMinded !== true || before.name !== text.slice(bytes.rest + RESUMES, nameEnd)) return false;
    const { begun, name } = before;
    const call = `${before.text} ${text.slice(nameEnd + RESUMED_TAIL, close + 1)}`;
    const read = tryArguments(call, name.length + 1);
    if (read === null || read.next !== call.length) return false;
    if (MAKES.has(name)) this.tracees.made(ret);
    this.open.delete(whose);
    const endMicros = clock.stamp();
    this.emit({ kind: 'syscall', name, args: read.args, line: begun.line, pid: whose, startMicros: begun.micros,
      endLine: line, ...resultOf(bytes, text), endMicros, unfinished: false });
    return true;
  }

  /** Whose line it is, if a call of theirs is nothing new and none is open; else null. */
  private idle({ pid, pids }: LineBytes): number | null {
    const whose = pids === 'no pid' ? this.tracees.unnumbered() : this.tracees.numbered(pid);
    return this.known.has(whose) && !this.open.has(whose) ? whose : null;
  }

  /** What never returned is told of now. `rename` gives the first process its number. */
  end(): Tracees {
    for (const pid of [...this.open.keys()]) this.close(pid);
    return this.tracees;
  }

  private tally(name: string, line: number): void {
    const known = this.counted.get(name);
    if (known === undefined) this.counted.set(name, { nr: 1, line });
    else known.nr++;
  }

  /** One text for one name, however often it occurs. */
  private nameOf({ rest, nameEnd, nameHash }: LineBytes, text: string): string {
    const known = this.names.get(nameHash);
    if (known?.length === nameEnd - rest && text.startsWith(known, rest)) return known;
    const name = text.slice(rest, nameEnd);
    this.names.set(nameHash, name);
    return name;
  }

  private readLine(line: StraceLine): void {
    if (line.rest.startsWith('+++ ')) this.readEnd(line);
    else if (line.rest.startsWith('--- ')) this.emit(readSignal(line));
    else if (line.rest.startsWith('<... ')) this.readResumed(line);
    else this.readBegun(line);
  }

  private readBegun(line: StraceLine): void {
    const found = NAME.exec(line.rest) ?? refuse(line, 'this is neither a syscall nor a signal nor an exit');
    const before = this.open.get(line.pid);
    if (before !== undefined) {
      this.close(line.pid);
      this.refused(
        asUnread(before.begun.line, before.begun.rest,
          `pid ${line.pid} starts a call in line ${line.line} while its ${before.name} is open: lines are missing`),
      );
    }
    const name = found[1] ?? '';
    if (OPENS.has(name)) this.mindsTransfers ||= OPENS_DIRECT.test(line.rest);
    const { record, open } = readCall(line, line, name, line.rest);
    if (open === null) return this.emit(record);
    this.begin(line, name, open);
  }

  private begin(line: StraceLine, name: string, open: string): void {
    // It may stay open for long, and must not keep the text around it.
    this.open.set(line.pid, { begun: { ...line, rest: owned(line.rest) }, name, text: owned(open), isMinded: true });
    this.known.add(line.pid);
    this.sink.begun?.(line.line, name);
  }

  private readResumed(line: StraceLine): void {
    const [head, name] = RESUMED.exec(line.rest) ?? refuse(line, 'a resumed call is not written as one');
    const begun = this.open.get(line.pid);
    if (begun === undefined) {
      return refuse(line, `pid ${line.pid} resumes a ${name} that it never started`,
        'give the recording from its start');
    }
    if (begun.name !== name) {
      return refuse(line,
        `pid ${line.pid} resumes a ${name} while its ${begun.name} of line ${begun.begun.line} is open`);
    }
    if (!begun.isMinded) {
      // Its first half was counted and not kept.
      this.open.delete(line.pid);
      return void readCall(begun.begun, line, name,
        `${begun.text}${line.rest.slice(head.length).replace(/^[ ,]+/, '')}`);
    }
    try {
      const { record, open } = readCall(begun.begun, line, name, `${begun.text} ${line.rest.slice(head.length)}`);
      if (open !== null) this.open.set(line.pid, { ...begun, text: owned(open) });
      else {
        this.open.delete(line.pid);
        this.emit(record);
      }
    } catch (error) {
      this.close(line.pid);
      throw error;
    }
  }

  private readEnd(line: StraceLine): void {
    this.closeBefore(line);
    const record = readEnd(line);
    this.emit(record);
    if (record.kind !== 'superseded') return;
    // The execve that the thread began is resumed under the leader's pid; the leader's own open call never ends.
    const execve = this.open.get(record.by);
    if (execve === undefined) return;
    this.open.delete(record.by);
    this.open.set(line.pid, execve);
  }

  private closeBefore({ pid }: StraceLine): void {
    this.close(pid);
    this.known.delete(pid);
  }

  /** Nobody will see it return. */
  private close(pid: number): void {
    const call = this.open.get(pid);
    if (call === undefined) return;
    this.open.delete(pid);
    if (!call.isMinded) return;
    try {
      const { begun, name, text } = call;
      this.emit(readCall(begun, begun, name, `${text} <unfinished ...>`).record);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.refused(error.line);
    }
  }

  private emit(record: StraceRecord): void {
    this.known.add(record.pid);
    const { main } = this.tracees;
    if (main !== 0 && !this.isNamed) {
      this.isNamed = true;
      this.sink.named?.(main);
    }
    this.sink.record(record.pid === 0 && main !== 0 ? { ...record, pid: main } : record);
  }
}

/** More are not listed, only counted. */
export const UNREAD_MAX = 1000;

const UNFINISHED = ' <unfinished ...>';
const RESUMES = '<... '.length;
const RESUMED_TAIL = ' resumed>'.length;

type Result = Pick<SyscallRecord, 'ret' | 'retPath' | 'errno'>;

function resultOf({ ret, pathFrom, pathTo, errnoFrom, errnoTo }: LineBytes, text: string): Result {
  return { ret, retPath: pathTo > pathFrom ? unescape(text.slice(pathFrom, pathTo)) : null,
    errno: errnoTo > errnoFrom ? text.slice(errnoFrom, errnoTo) : null };
}

/** A text that no larger one is kept for. */
const owned = (text: string): string => ` ${text}`.slice(1);
