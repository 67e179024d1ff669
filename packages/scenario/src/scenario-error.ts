/**
 * A scenario that cannot be read is answered with one line that an editor can jump to and that says what to type
 * instead. Nothing but this error leaves the parser, whatever the text.
 */
import { nearestWord } from '@cowlab/prose';

export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What to do about it, in the imperative. */
  readonly mend: string;

  constructor(file: string, line: number, column: number, wrong: string, mend: string) {
    super(oneLine(`${file}:${line}:${column}: ${wrong}; ${mend}`));
    this.file = file;
    this.line = line;
    this.column = column;
    this.mend = oneLine(mend);
  }
}

/** The nearest known word when it is a likely slip of the finger, otherwise the whole list. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known, WORD_LENGTH_MAX);
  return near === null ? `use one of ${known.join(', ')}` : `did you mean "${near}"?`;
}

export function quoted(word: string): string {
  return word.length > WORD_LENGTH_MAX ? `"${word.slice(0, WORD_LENGTH_MAX)}…"` : `"${word}"`;
}

/** Longer words are cut: they are no slip of the finger, and a message is read on one line. */
const WORD_LENGTH_MAX = 24;

/** A file name or a quoted word may hold control characters; the message must stay one harmless line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?');
}
