/**
 * A mistake in what was asked to be put together: a lane that cannot be read, a policy nobody knows, a config file with
 * a slip in it. One line: where, what, and the mend. (A mistake inside a plugin is a PluginError.)
 */
export class CompositionError extends Error {
  readonly code = 'composition';
  constructor(readonly where: string, readonly problem: string, readonly mend: string, options?: ErrorOptions) {
    super(oneLine(`${where}: ${problem}; ${mend}`), options);
    this.name = 'CompositionError';
  }
}

/** What somebody threw, cut down to its first line that says something: the message of an error is not always one line. */
export function reasonOf(cause: unknown): string {
  const text = cause instanceof Error || hasMessage(cause) ? cause.message : String(cause);
  return oneLine(text.split('\n').map((line) => line.trim()).find((line) => line !== '') ?? 'no reason given');
}

export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** The nearest known word when it is a likely slip of the finger, otherwise the whole list. */
export function didYouMean(word: string, known: readonly string[]): string {
  const typed = word.slice(0, WORD_LENGTH_MAX);
  const [near] = known
    .map((candidate) => ({ candidate, slips: slipsBetween(typed, candidate) }))
    .filter(({ candidate, slips }) => slips * 3 <= Math.max(typed.length, candidate.length))
    .sort((a, b) => a.slips - b.slips);
  return near === undefined ? `known: ${known.join(', ')}` : `did you mean '${near.candidate}'?`;
}

const WORD_LENGTH_MAX = 40;

/** Errors of another realm or another copy of a class are still errors. */
function hasMessage(cause: unknown): cause is { readonly message: string } {
  return typeof cause === 'object' && cause !== null && typeof (cause as { message?: unknown }).message === 'string';
}

/** Letters to insert, drop or replace to come from one word to the other. */
function slipsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[to.length];
}
