/**
 * Results of long work, one JSON value each: a stream of them begins with what was asked, and ends with a word of its
 * own when the work came to its end.
 *
 *   chunk     3:u8 1:u8  a line for each event
 */

import type { Chunk, StoredChunk } from '../journal.ts';
import { JournalError } from '../journal-error.ts';

export interface ResultHead {
  /** The command: sweep, fuzz… */
  readonly what: string;
  /** In words, for whoever looks at the journal. */
  readonly asked: string;
  /** ISO 8601. */
  readonly begun: string;
}

export type ResultEvent =
  | { readonly kind: 'begin'; readonly head: ResultHead }
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'end' };

const RESULTS = 3;
const VERSION = 1;

export const holdsResults = (bytes: Uint8Array): boolean => bytes[0] === RESULTS;

export function packResults(events: readonly ResultEvent[]): Chunk {
  const lines = events.map((event) => `${JSON.stringify(lineOf(event))}\n`).join('');
  return { nr: events.length, bytes: Buffer.concat([Buffer.of(RESULTS, VERSION), Buffer.from(lines)]) };
}

function lineOf(event: ResultEvent): unknown {
  if (event.kind === 'begin') return { begin: event.head };
  return event.kind === 'end' ? { end: {} } : { result: event.value };
}

/** @throws JournalError 'damaged' for bytes that no cowlab packed. `where` is what it names */
export function unpackResults({ bytes, version, nr }: StoredChunk, where: string): readonly ResultEvent[] {
  const wrong = (what: string, cause?: unknown): JournalError =>
    new JournalError('damaged', `${where}: event ${version}: ${what}`,
      'read it with the cowlab that wrote it, or take the journal from a copy', { cause });
  if (!holdsResults(bytes)) throw wrong('this chunk holds no results');
  if (bytes[1] !== VERSION)
    throw new JournalError('unknown-format', `${where}: event ${version}: results of version ${bytes[1]}`,
      'read it with the cowlab that wrote it');
  let lines: unknown[];
  try {
    lines = Buffer.from(bytes.subarray(2)).toString('utf8').split('\n').slice(0, -1).map((line) =>
      JSON.parse(line) as unknown
    );
  } catch (cause) {
    throw wrong('this chunk holds no results', cause);
  }
  if (lines.length !== nr) throw wrong(`${lines.length} results in a chunk of ${nr}`);
  return lines.map((line) => {
    const event = eventIn(line);
    if (event === null) throw wrong('a line that is no result');
    return event;
  });
}

function eventIn(line: unknown): ResultEvent | null {
  if (typeof line !== 'object' || line === null) return null;
  const { begin, end } = line as { readonly begin?: Partial<ResultHead>; readonly end?: unknown };
  if (begin !== undefined) {
    const { what, asked, begun } = begin;
    return typeof what === 'string' && typeof asked === 'string' && typeof begun === 'string'
      ? { kind: 'begin', head: { what, asked, begun } }
      : null;
  }
  if (end !== undefined) return { kind: 'end' };
  return 'result' in line ? { kind: 'result', value: line.result } : null;
}
