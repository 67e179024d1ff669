/**
 * A recording in pieces, as a file or a pipe gives them, read in one pass and in little memory: most lines are read from
 * their bytes alone, the others as text. Nothing here is fatal: a line that does not read is listed, with what it seems
 * to be, and whoever gives a verdict decides what rests on it.
 */
import { asUnread } from './call-text.ts';
import { unmindedAt } from './call-names.ts';
import { LineBytes } from './line-bytes.ts';
import { Moments } from '../timeline/moments.ts';
import { CallBooks, type RecordSink } from './call-books.ts';
import { PlainRecords } from './plain-records.ts';
import { RecordReader, UNREAD_MAX } from './record-reader.ts';
import { couldBeRest, isBlank, looksLikeCall } from './remnant.ts';
import type { PidStyle, StraceLine, TimeStyle } from './strace-line.ts';
import type { StraceReading, UnreadLine } from './strace-reading.ts';
import type { StraceRecord } from './strace-record.ts';
import { Gatherer, NOTHING_FOLLOWS, type StrangeLine } from './strace-text.ts';

export interface ReaderOptions {
  /** Told of each record as soon as it is whole; without one, the reading has them all. */
  readonly sink?: RecordSink;
  /** Calls that are in no story of memory are counted, and nobody is told of them. */
  readonly counts?: boolean;
  /** Keep the time of every line, for samples to be placed by. */
  readonly moments?: boolean;
  /** So many lines are looked at before it is decided how lines begin. */
  readonly probe?: number;
}

const PROBE_LINES = 1000;
const PIECE = 1 << 18;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const OPEN = 0x28;
const LESS = 0x3c;
const NO_LINE = 'this is no line of strace';

export class StraceReader {
  private readonly records: StraceRecord[] = [];
  private readonly books: CallBooks;
  private readonly reader: RecordReader;
  private readonly plain: PlainRecords;
  private readonly gatherer: Gatherer;
  private readonly strange = { odd: [] as StrangeLine[], plain: [] as StrangeLine[], oddNr: 0, plainNr: 0 };
  private readonly blank: StrangeLine[] = [];
  private readonly line = new LineBytes();
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly moments: Moments | null;
  private readonly counts: boolean;
  private readonly probe: number;
  /** Lines that wait until it is known how lines begin; null from then on. */
  private waiting: StraceLine[] | null = [];
  private dialect: { readonly pids: PidStyle | 'mixed'; readonly times: TimeStyle } = { pids: 'mixed', times: 'none' };
  private rest: Uint8Array = new Uint8Array(0);
  private nr = 0;

  constructor(private readonly name: string, { sink, counts = false, moments = false, probe }: ReaderOptions = {}) {
    this.books = new CallBooks(sink ?? { record: (record) => this.records.push(record) });
    this.reader = new RecordReader(this.books);
    this.plain = new PlainRecords(this.books, this);
    this.gatherer = new Gatherer({ take: (line) => this.take(line), strange: (line) => this.sort(line) });
    this.counts = counts;
    this.moments = moments ? new Moments() : null;
    this.probe = probe ?? PROBE_LINES;
  }

  /** The next bytes; they are not changed from then on. */
  write(piece: Uint8Array): void {
    const last = piece.lastIndexOf(NEWLINE) + 1;
    if (last === 0) {
      this.rest = joined(this.rest, piece);
      return;
    }
    // Only the line that two pieces share is copied.
    const first = this.rest.length === 0 ? 0 : piece.indexOf(NEWLINE) + 1;
    if (first > 0) this.lines(joined(this.rest, piece.subarray(0, first)));
    if (last > first) this.lines(piece.subarray(first, last));
    this.rest = piece.subarray(last);
  }

  writeText(text: string): void {
    const encoder = new TextEncoder();
    for (let at = 0; at < text.length; at += PIECE) this.write(encoder.encode(text.slice(at, at + PIECE)));
  }

  end(): StraceReading {
    const tail = this.decoder.decode(this.rest).replace(/^\ufeff/, this.nr === 0 ? '' : '$&');
    const isWhole = NOTHING_FOLLOWS.test(tail);
    if (tail !== '') {
      this.nr++;
      if (isWhole) this.gatherer.add(this.nr, tail);
    }
    this.gatherer.giveUp();
    if (this.waiting !== null) this.decide();
    for (const line of this.blank) this.sortBlank(line);
    const tracees = this.reader.end();
    const { pids, times } = this.gatherer.dialect;
    const { oddNr, plainNr } = this.strange;
    const unread = this.unreadWith(pids === 'a pid');
    const { stack, remarks, attached } = this.gatherer;
    return {
      name: this.name,
      records: tracees.rename(this.records).sort((a, b) => a.line - b.line),
      counted: this.books.counted,
      unread: tracees.rename(unread).slice(0, UNREAD_MAX),
      unreadNr: this.reader.unreadNr + oddNr + (pids === 'a pid' ? plainNr : 0),
      torn: tail === '' || isWhole ? null : asUnread(this.nr, tail, 'the recording is torn here'),
      passedOver: { output: pids === 'a pid' ? 0 : plainNr, stack, remarks },
      attached,
      lines: this.nr,
      pids,
      times,
      moments: this.moments,
    };
  }

  private unreadWith(plain: boolean): UnreadLine[] {
    const { odd, plain: others } = this.strange;
    const misread = plain ? [...odd, ...others] : odd;
    return [...this.reader.unread, ...misread.map(({ line, text }) => asUnread(line, text, NO_LINE))].sort((a, b) =>
      a.line - b.line
    );
  }

  private lines(bytes: Uint8Array): void {
    this.line.bytes = bytes;
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(NEWLINE, at);
      const last = end > at && bytes[end - 1] === RETURN ? end - 1 : end;
      this.nr++;
      if (this.waiting !== null || !this.fromBytes(at, last)) {
        const content = this.decoder.decode(bytes.subarray(at, last));
        this.gatherer.add(this.nr, this.nr === 1 ? content.replace(/^\ufeff/, '') : content);
      }
      at = end + 1;
    }
    this.plain.settle();
  }

  /** A line that is as strace writes it, and like the others; false if it must be read as text. */
  private fromBytes(from: number, end: number): boolean {
    const { line, gatherer } = this;
    if (!line.head(from, end) || !this.isAlike(line)) return false;
    if (line.bytes[line.rest] === LESS) {
      if (!line.resumes()) return false;
      gatherer.giveUp();
      return this.resumed();
    }
    if (!line.name() || line.bytes[line.nameEnd] !== OPEN) return false;
    gatherer.giveUp();
    return this.called();
  }

  private called(): boolean {
    const { line, plain, nr } = this;
    const name = this.counts ? unmindedAt(line.bytes, line.rest, line.nameEnd, line.nameHash) : null;
    const isCounted = name !== null
      && (name.arguments === null || (!this.books.mindsTransfers && !line.ofDevice()));
    if (!line.result()) {
      if (!line.isHalf()) return false;
      if (!isCounted) return plain.begin(line, nr);
      if (!plain.countHalf(line, name, nr)) return false;
    } else {
      // What ends in `?` may have been cut short by the end of its process.
      if (line.ret === null && line.errnoTo === 0) return false;
      if (!isCounted) return plain.whole(line, nr);
      const found = line.arguments();
      if (found < 0 || (name.arguments !== null && found !== name.arguments)) return false;
      if (!plain.count(line, name, nr)) return false;
    }
    this.stamp();
    return true;
  }

  private resumed(): boolean {
    const { line, plain, nr } = this;
    const name = this.counts ? unmindedAt(line.bytes, line.rest + 5, line.nameEnd, line.nameHash) : null;
    // What ends in `?` may have been cut short by the end of its process.
    if (!line.result() || (line.ret === null && line.errnoTo === 0)) return false;
    if (name === null || !line.isRest() || !plain.countResumed(line, name)) return plain.resumed(line, nr);
    this.stampEnd();
    return true;
  }

  /** The line that is being read from its bytes is taken: its time by the clock of all. */
  stamp(): number {
    const micros = this.gatherer.stamp(this.line, this.nr);
    this.moments?.add(this.nr, micros);
    return micros;
  }

  stampEnd(): number {
    return this.gatherer.stamp(this.line, this.nr);
  }

  private isAlike({ pids, times }: Pick<StraceLine, 'pids' | 'times'>): boolean {
    return (this.dialect.pids !== 'a pid' || pids === 'a pid') && times === this.dialect.times;
  }

  private take(line: StraceLine): void {
    if (this.waiting !== null) {
      this.waiting.push(line);
      if (this.waiting.length >= this.probe) this.decide();
      return;
    }
    if (line.rest.charCodeAt(0) !== LESS) this.moments?.add(line.line, line.micros);
    // Every line of a file begins alike: one that does not has lost its beginning.
    if (this.isAlike(line)) this.reader.read(line);
    else this.reader.refused(asUnread(line.line, line.rest, 'this line does not begin as the others do'));
  }

  private decide(): void {
    const lines = this.waiting ?? [];
    this.dialect = this.gatherer.dialect;
    this.waiting = null;
    for (const line of lines) this.take(line);
  }

  private sortBlank(line: StrangeLine): void {
    const isInside = line.line < this.gatherer.lastLine;
    const { strange } = this;
    if (isInside) {
      strange.oddNr++;
      strange.odd.push(line);
    } else {
      strange.plainNr++;
      strange.plain.push(line);
    }
  }

  private sort(line: StrangeLine): void {
    const { strange } = this;
    if (isBlank(line.text) && line.pids === 'no pid' && !line.inCall) {
      // Before the first line and behind the last one, nothing of strace's is missing.
      if (this.gatherer.lastLine > 0 && this.blank.length < UNREAD_MAX) this.blank.push(line);
      return;
    }
    if (line.pids === 'a pid' || looksLikeCall(line.text)
      || (!line.inCall && couldBeRest(line.text)))
    {
      strange.oddNr++;
      if (strange.odd.length < UNREAD_MAX) strange.odd.push(line);
    } else {
      strange.plainNr++;
      if (strange.plain.length < UNREAD_MAX) strange.plain.push(line);
    }
  }
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  if (before.length === 0) return after;
  const all = new Uint8Array(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}
