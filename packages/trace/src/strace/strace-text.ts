/**
 * From the text of a recording to its lines: what strace wrote, told from what the program wrote on the same terminal.
 *
 * - `strace: Process 9 attached` may stand in the middle of a line that goes on in the next one.
 * - A call that writes to the terminal is cut by what it writes: `write(1, "hi\n", 3hi` and then `) = 3`.
 * - -k prints a stack under each call, -C a table at the end.
 * - A last line without a line end is torn, unless nothing could follow it: `= 0x7f09` may be the first half of an
 *   address, and no grammar can tell.
 */
import { Clock, type Head, headOf, type PidStyle, type StraceLine, type TimeStyle } from './strace-line.ts';

/** A line that is neither strace's nor glued to anything: the program's output, or damage. */
export interface StrangeLine {
  readonly line: number;
  readonly text: string;
  readonly pids: PidStyle;
  /** A call is open that may write it. */
  readonly inCall: boolean;
}

/** Whole lines of strace, and those that are not. */
export interface LineSink {
  take(line: StraceLine): void;
  strange(line: StrangeLine): void;
}

const REMARK = /strace: (?:Process (\d+) (attached|detached)(?: with \d+ threads)?|\[ Process PID=\d+ runs in .*\])$/;
const STRACE_SAYS = /^(?:(?:\/\S*\/)?strace: |Process \d+ (?:attached|detached|suspended|resumed)\b)/;
const STACK = /^ > \S/;
const SUMMARY =
  /^(?:% time +seconds +usecs\/call|[- ]{20,}$| *\d+\.\d\d +\d+\.\d{6} +\d* +\d+ +(?:\d+ +)?\w+$|System call usage summary)/;
const BEGINS = /^(?:(?:[a-z_]\w*|\?\?\?)\(|<\.\.\. |\+\+\+ |--- )/i;
/** A whole call, two halves of one, or an end: nothing of it is missing. */
const WHOLE = /(?:\) += (?:\?|-?\d|0x)|<unfinished \.\.\.>|<detached \.\.\.>| \+\+\+$| ---$)/;
const GOES_ON = /^(?:.*?\) += (?:\?|-?\d|0x)|, | <unfinished \.\.\.>$)/s;
/** Nothing can follow such a line. */
export const NOTHING_FOLLOWS = /(?: \+\+\+| ---| = \?|= -1 E[A-Z]+ \([^()]*\)| <\d+\.\d{6}>|<unfinished \.\.\.>)$/;
/** A call's own output, between its two parts, is seldom longer. */
const OUTPUT_LINES_MAX = 200;

interface Fragment {
  readonly line: number;
  readonly text: string;
}

export class Gatherer {
  readonly attached: number[] = [];
  stack = 0;
  remarks = 0;
  private readonly styles = new Tally<PidStyle>();
  private readonly clocks = new Tally<TimeStyle>();
  private readonly clock = new Clock();
  /** Of the last line that is strace's; 0 before the first. */
  lastLine = 0;
  private open: Fragment | null = null;

  constructor(private readonly sink: LineSink) {}

  add(line: number, content: string): void {
    if (STACK.test(content)) {
      this.stack++;
      return;
    }
    const remark = content.includes('strace: ') ? REMARK.exec(content) : null;
    if (remark !== null) return this.remark(line, content, remark);
    if (STRACE_SAYS.test(content) || SUMMARY.test(content)) {
      this.remarks++;
      return;
    }
    const head = headOf(content);
    if (BEGINS.test(head.rest)) return this.begin(line, content, head);
    if (this.open !== null && GOES_ON.test(content) && line - this.open.line <= OUTPUT_LINES_MAX) {
      return this.glue(this.open, content);
    }
    // What a call writes to the terminal stands between its parts, and belongs to neither.
    this.sink.strange({ line, text: content, pids: head.pids, inCall: this.open !== null });
  }

  /** A line that was read from its bytes: its time by the clock of all. */
  stamp(head: Pick<Head, 'pids' | 'times' | 'micros'>, line: number): number {
    if (this.open !== null) this.giveUp();
    this.lastLine = line;
    this.styles.count(head.pids);
    this.clocks.count(head.times);
    return this.clock.at(head, line);
  }

  /** How most lines taken so far begin. */
  get dialect(): { readonly pids: PidStyle | 'mixed'; readonly times: TimeStyle } {
    const [pids = 'no pid', ...others] = this.styles.byNumber;
    const [times = 'none'] = this.clocks.byNumber;
    // With -o strace names the process in every line; on a terminal only while there are several.
    const isMixed = others.length > 0 && pids !== 'a pid';
    return { pids: isMixed ? 'mixed' : pids, times };
  }

  /** The open call did not go on. */
  giveUp(): void {
    if (this.open === null) return;
    const { line, text } = this.open;
    this.open = null;
    this.take(line, headOf(text));
  }

  private begin(line: number, content: string, head: Head): void {
    this.giveUp();
    if (!WHOLE.test(head.rest)) {
      this.open = { line, text: content };
      return;
    }
    this.take(line, head);
  }

  private glue({ line, text }: Fragment, content: string): void {
    this.open = null;
    // What follows the last thing that the call printed: its end.
    const end = /(?:, \w+=[^()]*)?\) += (?:\?|-?\d|0x).*$/s.exec(content)?.[0] ?? content;
    this.begin(line, text + end, headOf(text + end));
  }

  private remark(line: number, content: string, [whole, pid, what]: RegExpExecArray): void {
    this.remarks++;
    if (what === 'attached' && this.lastLine === 0 && this.open === null && content === whole)
      this.attached.push(Number(pid));
    const before = content.slice(0, content.length - whole.length);
    const head = headOf(before);
    if (BEGINS.test(head.rest)) this.begin(line, before, head);
  }

  private take(line: number, head: Head): void {
    const { pid, pids, times, rest, column } = head;
    this.sink.take({ line, pid, micros: this.stamp(head, line), pids, times, rest, column });
  }
}

/** Counts how lines begin; most begin as the one before. */
class Tally<Style> {
  private readonly numbers = new Map<Style, number>();
  private last: Style | null = null;
  private nr = 0;

  count(style: Style): void {
    if (style !== this.last) {
      this.settle();
      this.last = style;
    }
    this.nr++;
  }

  /** Most frequent first. */
  get byNumber(): Style[] {
    this.settle();
    return [...this.numbers].sort((a, b) => b[1] - a[1]).map(([style]) => style);
  }

  private settle(): void {
    if (this.last !== null && this.nr > 0) this.numbers.set(this.last, (this.numbers.get(this.last) ?? 0) + this.nr);
    this.nr = 0;
  }
}
