/** What verdicts rest on: the story, what could have been recorded, and stores that are known. */
import { hex, type Fork, type Hold, type Store, type Story } from '../story/entities.ts';
import type { PageSize } from '../coverage/page-size.ts';
import type { Recorded } from '../coverage/recorded.ts';
import type { Seen } from '../coverage/seen.ts';
import type { Told } from '../story/listener.ts';

export interface Evidence {
  readonly story: Story;
  /** What came of reading the recording, without its records. */
  readonly reading: Told['reading'];
  readonly seen: Seen;
  readonly recorded: Recorded;
  readonly pageSize: PageSize;
  /** Known from calls, from samples, or stated. */
  readonly stores: readonly Store[];
  /** Somebody states that no other store met a registered page. */
  readonly statedAll: boolean;
  /** The recording can have been made on this kernel. */
  asRecorded(kernel: string): boolean;
  /** A range for a sentence, with its process where several have some. */
  name(hold: Hold, piece?: { readonly start: number; readonly end: number }): string;
}

/** The line at which the child left the memory that fork() gave it; Infinity if it lives on. */
export function childEnd({ mm, failed, line }: Fork, { story }: Pick<Evidence, 'story'>): number {
  if (failed !== null) return line;
  if (mm === null) return Infinity;
  // Its own children share these pages as well.
  const ends = [mm, ...story.mms.filter((other) => other.parent === mm)].map((one) => one.endLine ?? Infinity);
  return Math.max(...ends);
}

export const isHeldAt = ({ line, endLine }: Pick<Hold, 'line' | 'endLine'>, at: number): boolean =>
  line < at && at <= (endLine ?? Infinity);

export function namer({ holds }: Story): Evidence['name'] {
  const several = new Set(holds.map(({ mm }) => mm)).size > 1;
  return (hold) =>
    `buffer ${hold.id} (${hex(hold.base)}, ${hold.bytes.toLocaleString('en')} bytes${
      several ? `, pid ${hold.pid}` : ''
    })`;
}
