/**
 * A recording that cannot be read: one line that names file and line and says what to do. Nothing else leaves the
 * parser.
 */
export class GoldenError extends Error {
  override readonly name = 'GoldenError';

  constructor(readonly file: string, readonly line: number, readonly wrong: string, readonly mend: string) {
    super(`${file}:${line}: ${wrong}; ${mend}`.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '));
  }
}
