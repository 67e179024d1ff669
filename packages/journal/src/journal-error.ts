/** A journal that cannot do what it is asked: what, where, and the mend, on one line. */

export type JournalErrorCode = 'bad-address' | 'bad-append' | 'bad-name' | 'closed' | 'damaged' | 'full' | 'locked'
  | 'missing-package' | 'not-a-journal' | 'unknown-format' | 'unreachable' | 'unsafe';

export class JournalError extends Error {
  override readonly name = 'JournalError';

  constructor(readonly code: JournalErrorCode, what: string, readonly hint: string, options?: ErrorOptions) {
    // Names and messages of other programs may hold anything; a message stays one harmless line.
    super(`${what}; ${hint}`.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, '?'), options);
  }
}

/** By name, not by class: two copies of this package may meet in one process. */
export function isJournalError(error: unknown, code?: JournalErrorCode): error is JournalError {
  return error instanceof Error && error.name === 'JournalError'
    && (code === undefined || (error as JournalError).code === code);
}

/** The `code` that Node gives to a failed system call. */
export function errnoOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL', '53100']);

/** A failed write, in the words of this package. */
export function writeError(place: string, error: unknown): JournalError {
  if (isJournalError(error)) return error;
  const code = errnoOf(error);
  if (NO_ROOM.has(code)) {
    return new JournalError('full', `${place}: no room to write (${code})`,
      'what was acknowledged is kept; make room and append again', { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new JournalError('unsafe', `${place}: this user may not write here (${code})`, 'give a folder of your own', {
      cause: error,
    });
  }
  const what = error instanceof Error ? error.message : String(error);
  return new JournalError('unreachable', `${place}: ${what}`,
    'what was acknowledged is kept; append again when the store is back', { cause: error });
}
