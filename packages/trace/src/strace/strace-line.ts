/**
 * One line of a strace recording: who, when, and the rest.
 *
 * The wall clock is kept in whole microseconds: seconds since 1970 with six decimals fit a double's 53 bits, whereas as
 * fractional seconds neighbouring microseconds could no longer be compared for equality.
 */
import { quote, TraceError, wholeLines } from '../trace-error.ts';

export interface StraceLine {
  readonly line: number;
  /** 0 where the recording names no process: strace without -f watches only one. */
  readonly pid: number;
  readonly micros: number;
  readonly rest: string;
  /** Where `rest` begins in its line, for the column of a refusal. */
  readonly column: number;
}

type PidStyle = 'a pid' | '[pid N]' | 'no pid';

const LINE =
  /^(?:\[pid +(\d{1,10})\] +|(\d{1,10}) +)?(?:(\d{9,11})\.(\d{3,9})|(\d\d):(\d\d):(\d\d)\.(\d{3,9})) +(?=\S)/;
const CHATTER = /^strace: Process \d+ (?:attached|detached)$/;
const RECORD = 'record with strace -f -ttt -y -o FILE';
const DAY_MICROS = 86_400_000_000;

/**
 * Splits a recording into its lines. `-ttt` (seconds since 1970) and `-tt` (time of day; counted on across midnight)
 * are both read. A recording must name the pid in one way throughout: strace on a terminal omits it while only one
 * process lives, and which one that is cannot be told from the text.
 */
export function straceLines(text: string, file: string): StraceLine[] {
  const refuse = (line: number, what: string, mend: string): never => {
    throw new TraceError({ file, line, what, mend });
  };
  const lines: StraceLine[] = [];
  let style: PidStyle | null = null;
  let midnights = 0;
  let last = 0;
  for (const [index, content] of wholeLines(text, file).entries()) {
    if (CHATTER.test(content)) continue;
    const line = index + 1;
    const found = LINE.exec(content)
      ?? refuse(line, `this is no line of strace with times (${quote(content)})`, `${RECORD}, and do not edit it`);
    const own = styleOf(found);
    style ??= own;
    if (own !== style)
      refuse(line, `a line with ${own} follows lines with ${style}`, `${RECORD}: it names every line's pid`);
    let micros = microsOf(found) + midnights * DAY_MICROS;
    if (found[3] === undefined && micros < last - DAY_MICROS / 2) {
      micros += DAY_MICROS;
      midnights++;
    }
    last = micros;
    const head = found[0].length;
    lines.push({ line, pid: Number(found[1] ?? found[2] ?? 0), micros, rest: content.slice(head), column: head + 1 });
  }
  return lines;
}

function styleOf([, bracketed, bare]: RegExpExecArray): PidStyle {
  return bracketed !== undefined ? '[pid N]' : bare !== undefined ? 'a pid' : 'no pid';
}

function microsOf([, , , seconds, decimals, hours, minutes, secondsOfMinute, decimalsOfDay]: RegExpExecArray): number {
  if (seconds !== undefined) return Number(seconds) * 1e6 + sixDecimals(decimals);
  const secondsOfDay = (Number(hours) * 60 + Number(minutes)) * 60 + Number(secondsOfMinute);
  return secondsOfDay * 1e6 + sixDecimals(decimalsOfDay);
}

function sixDecimals(decimals: string): number {
  return Number(decimals.slice(0, 6).padEnd(6, '0'));
}
