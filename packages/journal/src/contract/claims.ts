/** How a law says that it is broken. */

import type { Appended, Journal } from '../journal.ts';
import { isJournalError, type JournalErrorCode } from '../journal-error.ts';
import type { Place, Store } from './law.ts';

export function claim(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

export function same(seen: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(expected)];
  claim(a === b, `${what}: ${a}, and not ${b}`);
}

export function accepted(result: Appended, version: number): void {
  claim(result.ok && result.version === version && !result.repeated,
    `an append answers ${JSON.stringify(result)}, and not version ${version}`);
}

export async function refused(
  work: () => Promise<unknown>,
  codes: readonly JournalErrorCode[],
  what: string,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    claim(isJournalError(error) && codes.includes(error.code), `${what}: ${String(error)}`);
    claim(error.hint !== '', `${what}: no hint`);
    return;
  }
  throw new Error(`${what}: not refused`);
}

/** A fresh place and a journal in it, for the length of `work`. */
export async function inPlace<T>(store: Store, work: (journal: Journal, place: Place) => Promise<T>): Promise<T> {
  const place = await store.place();
  try {
    const journal = await place.open();
    try {
      return await work(journal, place);
    } finally {
      await journal.close();
    }
  } finally {
    await place.remove();
  }
}
