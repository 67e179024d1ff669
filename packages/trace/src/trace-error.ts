/**
 * What a parser says when it does not believe a recording.
 *
 * A model that is driven by half a recording gives a verdict on a program that never ran, so nothing here is skipped
 * or guessed: the first line that does not read is refused, with its place and the way to mend it.
 */

/** The place and reason of a refusal. `column` counts from 1 and is set where one character is to blame. */
export interface TraceFault {
  readonly file: string;
  readonly line: number;
  readonly column?: number | undefined;
  readonly what: string;
  readonly mend: string;
}

/** A recording was refused. The message is always one line: `FILE:LINE: what is wrong; MEND`. */
export class TraceError extends Error {
  readonly file: string;
  readonly line: number;
  readonly column: number | undefined;
  readonly mend: string;

  constructor({ file, line, column, what, mend }: TraceFault) {
    super(oneLine(`${file}:${line}: ${what}; ${mend}`));
    this.name = 'TraceError';
    this.file = file;
    this.line = line;
    this.column = column;
    this.mend = mend;
  }
}

/**
 * The lines of a recording, without their line ends. A last line that has no line end is refused even if it reads
 * well: `= 0x7f09` may be the first half of an address, and no grammar can tell.
 */
export function wholeLines(text: string, file: string): string[] {
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  if (torn !== '') {
    throw new TraceError({
      file,
      line: lines.length + 1,
      column: torn.length,
      what: `the recording is torn: its last line has no line end (${quote(torn)})`,
      mend: 'let the recorder finish, or delete that line; if it is whole, end it with a newline',
    });
  }
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

/** A piece of a recording for a message: short, and never able to break the message's one line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

function oneLine(message: string): string {
  return message.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}
