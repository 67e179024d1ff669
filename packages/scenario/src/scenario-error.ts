/**
 * A scenario that cannot be read is answered with one line that an editor can jump to and that says what to type
 * instead. Nothing but this error leaves the parser, whatever the text.
 */
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
  const typed = word.slice(0, WORD_LENGTH_MAX).toLowerCase();
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(typed, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance * 3 <= Math.max(typed.length, candidate.length))
    .sort((a, b) => a.distance - b.distance);
  return near.length === 0 ? `use one of ${known.join(', ')}` : `did you mean "${near[0].candidate}"?`;
}

export function quoted(word: string): string {
  return word.length > WORD_LENGTH_MAX ? `"${word.slice(0, WORD_LENGTH_MAX)}…"` : `"${word}"`;
}

/** Longer words are cut: they are no slip of the finger, and a message is read on one line. */
const WORD_LENGTH_MAX = 24;

/** Insert, delete, replace, or swap two neighbours: each counts one. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2][j - 2] + 1 : Infinity;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced, swapped);
    }
  }
  return rows[a.length][b.length];
}

/** A file name or a quoted word may hold control characters; the message must stay one harmless line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?');
}
