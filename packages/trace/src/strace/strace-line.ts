/**
 * The head of a line of strace: who and when, in every form that strace prints. In this order, each part optional:
 *
 *     [pid N] or N, with -Y N<comm>    who
 *     12:30:01 (-t)  12:30:01.123456 (-tt)  1795811394.123456 (-ttt)  0.000583 (-r)  … (+ 0.000583) (-r -tt)    when
 *     [  59] (-n)    number of the call
 *     [00007f3c5a5b3c4e] (-i)    instruction
 *
 * The wall clock is kept in whole microseconds: seconds since 1970 with six decimals fit a double's 53 bits, whereas as
 * fractional seconds neighbouring microseconds could no longer be compared for equality.
 */

export interface StraceLine {
  readonly line: number;
  /** 0 where the line names no process: strace without -f watches only one. */
  readonly pid: number;
  readonly micros: number;
  readonly pids: PidStyle;
  readonly times: TimeStyle;
  readonly rest: string;
  /** Where `rest` begins in its line, for the column of a remark. */
  readonly column: number;
}

export type PidStyle = 'a pid' | '[pid N]' | 'no pid';

/** `none`: order only. `seconds`: -t. `relative`: -r, summed up. `day`: -tt. `epoch`: -ttt. */
export type TimeStyle = 'none' | 'seconds' | 'relative' | 'day' | 'epoch';

export interface Head {
  readonly pid: number;
  readonly pids: PidStyle;
  readonly times: TimeStyle;
  /** As printed; of -r the time since the line before. */
  readonly micros: number;
  /** -n and -i print more. */
  readonly rest: string;
  readonly column: number;
}

/** The kernel's PID_MAX_LIMIT is 2^22: a longer number is a time. @kernel include/linux/threads.h */
const PID = /^\s*(?:\[pid +(\d{1,7})(?:<[^\n]*?>)?\] +|(\d{1,7})(?:<[^\n]*?>)? +)?/;
const TIME = new RegExp(
  [
    '(\\d{9,11})(?:\\.(\\d{1,9}))?', // since 1970
    '(\\d\\d):(\\d\\d):(\\d\\d)(?:\\.(\\d{1,9}))?', // of the day
    '(\\d{1,8})\\.(\\d{3,9})', // since the line before
  ].map((form) => `(?:${form})`).join('|'),
);
const HEAD = new RegExp(`^ *(?:(?:${TIME.source})(?: \\(\\+ *\\d+\\.\\d+\\))? +)?`);
const NUMBER = /^(?:\[ *(?:\d+|\?+)\] )?(?:\[(?:[0-9a-f]{8,16}|\?+)\] )?/;

/** What the line begins with; its rest may be anything. */
export function headOf(content: string): Head {
  const [who, bracketed, bare] = PID.exec(content) ?? [''];
  const found = HEAD.exec(content.slice(who.length)) ?? [''];
  const number = NUMBER.exec(content.slice(who.length + found[0].length))?.[0] ?? '';
  const column = who.length + found[0].length + number.length;
  const pids = bracketed !== undefined ? '[pid N]' : bare !== undefined ? 'a pid' : 'no pid';
  return { pid: Number(bracketed ?? bare ?? 0), pids, ...timeOf(found), rest: content.slice(column),
    column: column + 1 };
}

function timeOf(
  [, seconds, decimals = '', hours, minutes, ofMinute, ofDay, since, sinceDecimals = '']: readonly string[],
): Pick<Head, 'times' | 'micros'> {
  if (seconds !== undefined) return { times: 'epoch', micros: Number(seconds) * 1e6 + sixDecimals(decimals) };
  if (since !== undefined) return { times: 'relative', micros: Number(since) * 1e6 + sixDecimals(sinceDecimals) };
  if (hours === undefined) return { times: 'none', micros: 0 };
  const micros = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(ofMinute)) * 1e6;
  return ofDay === undefined ? { times: 'seconds', micros } : { times: 'day', micros: micros + sixDecimals(ofDay) };
}

function sixDecimals(decimals: string): number {
  return Number(decimals.slice(0, 6).padEnd(6, '0'));
}

const DAY_MICROS = 86_400_000_000;

/** Makes one growing clock of what the lines print: across midnight, of differences, of nothing. */
export class Clock {
  private midnights = 0;
  private last = 0;

  at({ times, micros }: Pick<Head, 'times' | 'micros'>, line: number): number {
    switch (times) {
      case 'none':
        // Order is all there is; a microsecond a line keeps it.
        return (this.last = Math.max(this.last, line));
      case 'relative':
        return (this.last += micros);
      case 'epoch':
        return (this.last = micros);
      default: {
        let now = micros + this.midnights * DAY_MICROS;
        if (now < this.last - DAY_MICROS / 2) {
          now += DAY_MICROS;
          this.midnights++;
        }
        return (this.last = now);
      }
    }
  }
}
