/** Calls to records from the bytes of their lines; of what is not plain it says no, and the line is read as text. */
import { ArgumentBytes } from './argument-bytes.ts';
import { SPACE } from './byte.ts';
import type { CallBooks } from './call-books.ts';
import type { CallName } from './call-names.ts';
import { tryArguments } from './call-text.ts';
import { isTextAt, KnownTexts } from './known-texts.ts';
import type { LineBytes } from './line-bytes.ts';
import { PlainOpenCall } from './open-call.ts';
import { type Argument, unescape } from './strace-value.ts';
import { MAKES } from './tracees.ts';

/** Gives the line that is being read its time, once it is taken. */
export interface LineClock {
  stamp(): number;
  /** Of a second half, where nothing begins. */
  stampEnd(): number;
}

const UNFINISHED = ' <unfinished ...>'.length;
const RESUMES = '<... '.length;
const RESUMED = ' resumed>'.length;

export class PlainRecords {
  private readonly texts = new KnownTexts();
  private readonly plain = new ArgumentBytes(this.texts);
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Halves in the bytes at hand. */
  private halves: PlainOpenCall[] = [];

  constructor(private readonly books: CallBooks, private readonly clock: LineClock) {}

  /** A whole call that nobody minds: it is counted. False if it must be read after all. */
  count(line: LineBytes, { name }: CallName, nr: number): boolean {
    if (this.idle(line) < 0) return false;
    this.books.tally(name, nr);
    return true;
  }

  /** The first half of such a call. */
  countHalf(line: LineBytes, { name }: CallName, nr: number): boolean {
    const whose = this.idle(line);
    if (whose < 0) return false;
    this.books.tally(name, nr);
    const { pids, micros } = line;
    const begun = { line: nr, pid: whose, micros, pids, times: 'none', rest: `${name}( <unfinished ...>`,
      column: 1 } as const;
    this.books.open.set(whose, { begun, name, text: `${name}(`, args: null, isMinded: false });
    return true;
  }

  /** The second half. */
  countResumed({ pid, pids }: LineBytes, { name }: CallName): boolean {
    if (pids === 'no pid') return false;
    const { open, tracees } = this.books;
    const whose = tracees.numbered(pid, true);
    const before = open.get(whose);
    return before?.isMinded === false && before.name === name && open.delete(whose);
  }

  whole(line: LineBytes, nr: number): boolean {
    const { bytes, rest, nameEnd, close, ret, durationMicros } = line;
    const whose = this.idle(line);
    if (whose < 0) return false;
    const args = this.plain.read(bytes, nameEnd + 1, close)
      ?? argumentsOf(this.text(bytes, rest, close + 1), nameEnd - rest + 1);
    if (args === null) return false;
    const name = this.texts.of(bytes, rest, nameEnd);
    if (MAKES.has(name)) this.books.tracees.made(ret);
    if (this.books.opens(name)) this.books.opened(this.text(bytes, rest, close + 1));
    const startMicros = this.clock.stamp();
    this.books.emit({ kind: 'syscall', name, args, line: nr, pid: whose, startMicros, endLine: nr, ret,
      retPath: this.retPath(line), errno: this.errno(line),
      endMicros: durationMicros < 0 ? null : startMicros + durationMicros, unfinished: false });
    return true;
  }

  /** The first half of a call. */
  begin(line: LineBytes, nr: number): boolean {
    const { bytes, rest, nameEnd, end, pids, times } = line;
    const whose = this.idle(line);
    if (whose < 0) return false;
    let to = end - UNFINISHED;
    while (bytes[to - 1] === SPACE) to--;
    const args = this.plain.read(bytes, nameEnd + 1, to);
    const text = args === null ? this.text(bytes, rest, end).slice(0, -UNFINISHED).trimEnd() : '';
    if (args === null) {
      const read = tryArguments(text, nameEnd - rest + 1, true);
      if (read === null || read.next < text.length) return false;
    }
    const name = this.texts.of(bytes, rest, nameEnd);
    if (this.books.opens(name)) this.books.opened(this.text(bytes, rest, end));
    const micros = this.clock.stamp();
    if (args !== null) {
      const half = new PlainOpenCall(bytes, { from: rest, to, end }, name, args, nr, whose, micros, pids);
      this.halves.push(half);
      this.books.begin(whose, half, nr);
    } else {
      const begun = { line: nr, pid: whose, micros, pids, times, rest: this.text(bytes, rest, end), column: 1 };
      this.books.begin(whose, { begun, name, text, args: null, isMinded: true }, nr);
    }
    return true;
  }

  /** The second half. */
  resumed(line: LineBytes, nr: number): boolean {
    const { bytes, rest, pid, pids, nameEnd, close, ret } = line;
    if (pids === 'no pid') return false;
    const { open, tracees } = this.books;
    const whose = tracees.numbered(pid, true);
    const before = open.get(whose);
    if (before?.isMinded !== true || !isTextAt(bytes, rest + RESUMES, nameEnd, before.name)) return false;
    const { name } = before;
    // The first half printed them all.
    const args = before.args !== null && close === nameEnd + RESUMED
      ? before.args
      : argumentsOf(`${before.text} ${this.text(bytes, nameEnd + RESUMED, close + 1)}`, name.length + 1);
    if (args === null) return false;
    if (MAKES.has(name)) tracees.made(ret);
    open.delete(whose);
    const endMicros = this.clock.stampEnd();
    const { line: begun, micros } = before instanceof PlainOpenCall ? before : before.begun;
    if (before instanceof PlainOpenCall) before.isOpen = false;
    this.books.emit({ kind: 'syscall', name, args, line: begun, pid: whose, startMicros: micros, endLine: nr, ret,
      retPath: this.retPath(line), errno: this.errno(line), endMicros, unfinished: false });
    return true;
  }

  /** The bytes at hand go. */
  settle(): void {
    for (const half of this.halves) if (half.isOpen) half.settle();
    this.halves = [];
  }

  /** Whose line it is, if a call of theirs is nothing new and none is open; else -1. */
  private idle({ pid, pids }: LineBytes): number {
    const { tracees, known, open } = this.books;
    const whose = pids === 'no pid' ? tracees.unnumbered() : tracees.numbered(pid, false);
    return known.has(whose) && !open.has(whose) ? whose : -1;
  }

  private retPath({ bytes, pathFrom, pathTo }: LineBytes): string | null {
    return pathTo > pathFrom ? unescape(this.texts.of(bytes, pathFrom, pathTo)) : null;
  }

  private errno({ bytes, errnoFrom, errnoTo }: LineBytes): string | null {
    return errnoTo > errnoFrom ? this.texts.of(bytes, errnoFrom, errnoTo) : null;
  }

  private text(bytes: Uint8Array, from: number, to: number): string {
    return this.decoder.decode(bytes.subarray(from, to));
  }
}

/** Those of a whole call, whose text ends with their bracket. */
function argumentsOf(text: string, from: number): readonly Argument[] | null {
  const read = tryArguments(text, from);
  return read === null || read.next !== text.length ? null : read.args;
}
