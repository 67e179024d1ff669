/** What came of reading a recording: its records, and everything that did not read. */
import type { Moments } from '../timeline/moments.ts';
import type { PidStyle, TimeStyle } from './strace-line.ts';
import type { StraceRecord } from './strace-record.ts';

/** A line that is none of strace's, or a damaged one. */
export interface UnreadLine {
  readonly line: number;
  readonly text: string;
  readonly what: string;
  readonly mend: string;
  /** The call it seems to be, as far as that can be made out. */
  readonly call: string | null;
  readonly pid: number;
  /** From 1; where one character is to blame. */
  readonly column?: number | undefined;
}

export interface StraceReading {
  readonly name: string;
  readonly records: readonly StraceRecord[];
  /** Calls that were counted and are no records, with their number and first line. */
  readonly counted: ReadonlyMap<string, { readonly nr: number; readonly line: number }>;
  /** Lines that ought to be strace's and do not read. They may have been anything. */
  readonly unread: readonly UnreadLine[];
  /** So many they are; the first thousand are listed. */
  readonly unreadNr: number;
  /** The last line, if it stops in the middle: what came after it is not in the file either. */
  readonly torn: UnreadLine | null;
  /** Lines of the program's own output, and of -k's stacks, and of strace's remarks. */
  readonly passedOver: { readonly output: number; readonly stack: number; readonly remarks: number };
  /** Processes that strace said it attached to before anything else was recorded. */
  readonly attached: readonly number[];
  /** Lines of the file. */
  readonly lines: number;
  readonly pids: PidStyle | 'mixed';
  readonly times: TimeStyle;
  /** When each line began, where somebody asked for it. */
  readonly moments: Moments | null;
}
