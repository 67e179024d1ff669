/**
 * Lines of strace to records: joins what strace printed in two halves, and keeps the books of calls that are open.
 *
 * strace prints a call in two halves when another process is heard of in between: `… <unfinished ...>` and `<... NAME
 * resumed>…`. The halves are joined into one record that remembers both places, because a memory model has to decide
 * where between them the call took effect. A call still unfinished when its process ends, or when the recording does,
 * is kept with `unfinished: true`: it was asked for, and nobody saw whether it happened.
 */
import type { CallBooks } from './call-books.ts';
import { asUnread, NAME, readCall, readEnd, readSignal, refuse, RESUMED, Unreadable } from './call-text.ts';
import type { OpenCall } from './open-call.ts';
import type { StraceLine } from './strace-line.ts';
import type { UnreadLine } from './strace-reading.ts';
import type { Tracees } from './tracees.ts';

export class RecordReader {
  readonly unread: UnreadLine[] = [];
  unreadNr = 0;
  private readonly open: Map<number, OpenCall>;

  constructor(private readonly books: CallBooks) {
    ({ open: this.open } = books);
  }

  /** @throws nothing: what does not read is listed */
  read(line: StraceLine): void {
    try {
      this.readLine({ ...line, pid: this.books.tracees.of(line) });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.refused(error.line);
    }
  }

  refused(line: UnreadLine): void {
    this.unreadNr++;
    if (this.unread.length < UNREAD_MAX) this.unread.push(line);
  }

  /** What never returned is told of now. `rename` gives the first process its number. */
  end(): Tracees {
    for (const pid of [...this.open.keys()]) this.close(pid);
    return this.books.tracees;
  }

  private readLine(line: StraceLine): void {
    if (line.rest.startsWith('+++ ')) this.readEnd(line);
    else if (line.rest.startsWith('--- ')) this.books.emit(readSignal(line));
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
    if (this.books.opens(name)) this.books.opened(line.rest);
    const { record, open } = readCall(line, line, name, line.rest);
    if (open === null) return this.books.emit(record);
    this.begin(line, name, open);
  }

  private begin(line: StraceLine, name: string, open: string): void {
    // It may stay open for long, and must not keep the text around it.
    this.books.begin(line.pid, { begun: { ...line, rest: owned(line.rest) }, name, text: owned(open), args: null,
      isMinded: true }, line.line);
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
      if (open !== null) {
        this.open.set(line.pid, { begun: begun.begun, name, text: owned(open), args: null, isMinded: true });
      } else {
        this.open.delete(line.pid);
        this.books.emit(record);
      }
    } catch (error) {
      this.close(line.pid);
      throw error;
    }
  }

  private readEnd(line: StraceLine): void {
    this.closeBefore(line);
    const record = readEnd(line);
    this.books.emit(record);
    if (record.kind !== 'superseded') return;
    // The execve that the thread began is resumed under the leader's pid; the leader's own open call never ends.
    const execve = this.open.get(record.by);
    if (execve === undefined) return;
    this.open.delete(record.by);
    this.open.set(line.pid, execve);
  }

  private closeBefore({ pid }: StraceLine): void {
    this.close(pid);
    this.books.known.delete(pid);
  }

  /** Nobody will see it return. */
  private close(pid: number): void {
    const call = this.open.get(pid);
    if (call === undefined) return;
    this.open.delete(pid);
    if (!call.isMinded) return;
    try {
      const { begun, name, text } = call;
      this.books.emit(readCall(begun, begun, name, `${text} <unfinished ...>`).record);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.refused(error.line);
    }
  }
}

/** More are not listed, only counted. */
export const UNREAD_MAX = 1000;

/** A text that no larger one is kept for. */
const owned = (text: string): string => ` ${text}`.slice(1);
