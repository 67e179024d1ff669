/**
 * Reads one line of a scenario word by word and remembers where each operand stood, so that a complaint made much
 * later (a page outside its region, say) still points at the word to change.
 */
import { meant, quoted, ScenarioError } from './scenario-error.ts';

export interface Line {
  readonly file: string;
  readonly nr: number;
  /** What follows the first word, as written. */
  readonly rest: string;
  readonly words: readonly { readonly text: string; readonly column: number }[];
}

/** The lines that say something: blank lines and comments are dropped. */
export function linesOf(text: string, file: string): Line[] {
  return text.split('\n').flatMap((raw, index) => {
    const words = Array.from(raw.matchAll(/\S+/g), (match) => ({ text: match[0], column: match.index + 1 }));
    if (words.length === 0 || words[0].text.startsWith('#')) return [];
    return [{ file, nr: index + 1, rest: raw.trim().slice(words[0].text.length).trim(), words }];
  });
}

export class Cursor {
  readonly line: Line;
  /** How the line is written when it is right, for example `write P R PAGE V`. */
  private readonly shape: string;
  private next: number;
  private readonly columns = new Map<string, number>();

  constructor(line: Line, shape = '', from = 1) {
    this.line = line;
    this.shape = shape;
    this.next = from;
  }

  get more(): boolean {
    return this.next < this.line.words.length;
  }

  word(name: string): string {
    const last = this.line.words[this.line.words.length - 1];
    const { text, column } = this.more
      ? this.line.words[this.next]
      : { text: '', column: last.column + last.text.length };
    this.columns.set(name, column);
    if (!this.more) throw this.fault(name, `${name} is missing`, `write it as: ${this.shape}`);
    this.next++;
    return text;
  }

  number(name: string, max: number, min = 0): number {
    const text = this.word(name);
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (value >= min && value <= max) return value;
    throw this.fault(name, `${name} is ${quoted(text)}`, `use a whole number from ${min} to ${max}`);
  }

  oneOf<Known extends string>(name: string, known: readonly Known[]): Known {
    const text = this.word(name);
    const found = known.find((word) => word === text);
    if (found !== undefined) return found;
    throw this.fault(name, `${name} is ${quoted(text)}`, meant(text, known));
  }

  end(): void {
    if (!this.more) return;
    const { text, column } = this.line.words[this.next];
    throw this.fault(column, `${quoted(text)} is one operand too many`, `write it as: ${this.shape}`);
  }

  /** The error to throw for an operand read before, for a column, or by default for the whole line. */
  fault(where: string | number, wrong: string, mend: string): ScenarioError {
    const column = typeof where === 'number' ? where : (this.columns.get(where) ?? this.line.words[0].column);
    return new ScenarioError(this.line.file, this.line.nr, column, wrong, mend);
  }

  columnOf(name: string): number {
    return this.columns.get(name) ?? 1;
  }
}
