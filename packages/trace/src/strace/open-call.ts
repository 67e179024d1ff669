/**
 * A call whose first half is read, and whose second is still to come. Most halves are told apart by their bytes alone: the
 * text is made if somebody asks for it, or when the piece of the recording that it stands in must go.
 */
import type { PidStyle, StraceLine } from './strace-line.ts';
import type { Argument } from './strace-value.ts';

export interface OpenCall {
  /** The line of its first half. */
  readonly begun: StraceLine;
  readonly name: string;
  /** What is printed of it so far, without `<unfinished ...>`. */
  readonly text: string;
  /** The arguments, where they are plain; null: the text is to be read. */
  readonly args: Argument[] | null;
  /** Whether anybody minds if it never returns. */
  readonly isMinded: boolean;
}

/** Where a half stands in its bytes: to the end of its line, and to the last argument. */
export interface Bounds {
  readonly from: number;
  readonly to: number;
  readonly end: number;
}

export class PlainOpenCall implements OpenCall {
  readonly isMinded = true;
  /** Its second half is still to come. */
  isOpen = true;
  private made: string | null = null;

  constructor(
    private bytes: Uint8Array | null,
    private readonly bounds: Bounds,
    readonly name: string,
    readonly args: Argument[],
    readonly line: number,
    private readonly pid: number,
    readonly micros: number,
    private readonly pids: PidStyle,
  ) {}

  get text(): string {
    return this.rest.slice(0, this.bounds.to - this.bounds.from);
  }

  get begun(): StraceLine {
    const { line, pid, micros, pids, rest } = this;
    return { line, pid, micros, pids, times: 'none', rest, column: 1 };
  }

  /** The bytes go: they are a piece of the recording, and this call may stay open for long. */
  settle(): void {
    this.made = this.rest;
    this.bytes = null;
  }

  private get rest(): string {
    return this.made ??= new TextDecoder().decode(this.bytes?.subarray(this.bounds.from, this.bounds.end));
  }
}
