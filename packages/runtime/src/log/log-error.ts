/** A log that cannot be believed is refused with one line: where, what, and how to mend it. */
export class LogError extends Error {
  override readonly name = 'LogError';

  constructor(
    readonly file: string,
    readonly line: number,
    what: string,
    readonly mend: string,
    options?: ErrorOptions,
  ) {
    super(oneLine(`${file}:${line}: ${what}; ${mend}`), options);
  }
}

const QUOTED_LENGTH_MAX = 60;

/** A piece of a log for a message: short. */
export function quoted(text: string): string {
  return text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}...` : text;
}

/** A value of a log for a message. */
export function shown(value: unknown): string {
  try {
    return quoted(JSON.stringify(value) ?? String(value));
  } catch {
    // Nested deeper than the stack: what reads without recursion cannot be printed.
    return 'a deeply nested value';
  }
}

/** File names and pieces of a broken log may hold anything; a message stays one harmless line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, '?');
}
