/** Streams for people who do not use RxJS: `for await (const entry of iterate(lab.commits$)) …`. */
import type { Observable } from 'rxjs';

/**
 * What comes is kept until it is asked for, from this call on: a lab does not wait for its listeners. Leaving the loop
 * ends the subscription.
 */
export function iterate<T>(source: Observable<T>): AsyncIterableIterator<T> {
  const kept: T[] = [];
  const waiting: { readonly give: (result: IteratorResult<T>) => void; readonly fail: (error: unknown) => void }[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | null = null;
  const over = (): void => {
    ended = true;
    for (const { give, fail } of waiting.splice(0)) {
      if (failure === null) give({ done: true, value: undefined });
      else fail(failure.error);
    }
  };
  const subscription = source.subscribe({
    next: (value) => {
      const first = waiting.shift();
      if (first === undefined) kept.push(value);
      else first.give({ done: false, value });
    },
    error: (error: unknown) => {
      failure = { error };
      over();
    },
    complete: over,
  });
  return {
    next: () => {
      if (kept.length > 0) return Promise.resolve({ done: false, value: kept.shift() as T });
      if (failure !== null) {
        const { error } = failure;
        failure = null;
        // The reader gets what the source failed with, whatever it was.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        return Promise.reject(error);
      }
      if (ended) return Promise.resolve({ done: true, value: undefined });
      return new Promise((give, fail) => waiting.push({ give, fail }));
    },
    return: () => {
      subscription.unsubscribe();
      kept.length = 0;
      over();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
