/** A log that was kept, as the streams that a lab has: what listens to one listens to the other. */
import { concatMap, from, type Observable } from 'rxjs';
import type { LogEntry } from '@cowlab/core';
import type { Committed } from '../lab.ts';

export interface KeptStreams {
  readonly commits$: Observable<LogEntry>;
  readonly events$: Observable<Committed>;
}

/** Each subscriber gets the whole log, from the first command on. */
export function streamsOf({ log }: { readonly log: readonly LogEntry[] }): KeptStreams {
  const commits$ = from(log);
  return { commits$, events$: commits$.pipe(
    concatMap(({ position, command, events }) => events.map((event) => ({ position, command, event }))),
  ) };
}
