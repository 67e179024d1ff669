/**
 * Entries of a lab's log as a chunk: the lines of the runtime's log format, deflated. Each chunk begins with the
 * line that
 * says which lab it is of, so that it can be read when what came before it was dropped. The last chunk of a run that
 * came
 * to its end says which world it led to; a stream without one is partial.
 */

import { promisify } from 'node:util';
import { constants, deflateRaw, inflateRawSync } from 'node:zlib';
import type { Geometry, LogEntry } from '@cowlab/core';
import { commandProblem, eventProblem, resultProblem } from '@cowlab/runtime';
import type { Chunk, StoredChunk } from '../journal.ts';
import { JournalError } from '../journal-error.ts';

export interface LabHead {
  readonly name: string;
  readonly geometry: Geometry;
  readonly policies: readonly string[];
}

export type ReadChunk =
  | { readonly kind: 'entries'; readonly head: LabHead; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'end'; readonly head: LabHead; readonly hash: string };

const CHUNK_VERSION = 1;
const PLAIN = 0;
const DEFLATED = 1;
/** Below it deflating gains nothing. */
const DEFLATE_FROM_BYTES = 256;
/** What a chunk may unpack to: the runtime's lines for a thousand commands are a hundredth of it. */
const UNPACKED_BYTES_MAX = 512 * 1024 * 1024;

const deflate = promisify(deflateRaw);

export function packEntries(head: LabHead, entries: readonly LogEntry[]): Promise<Chunk> {
  return pack(head, entries.length, entries);
}

/** Counts as an event of its own. */
export function packEnd(head: LabHead, hash: string): Promise<Chunk> {
  return pack(head, 1, [{ end: { hash } }]);
}

async function pack({ name, geometry, policies }: LabHead, nr: number, lines: readonly object[]): Promise<Chunk> {
  let text = `${JSON.stringify({ cowlab: 'log', version: CHUNK_VERSION, geometry, policies, name })}\n`;
  for (const line of lines) text += `${JSON.stringify(line)}\n`;
  const plain = Buffer.from(text);
  const packed = plain.length < DEFLATE_FROM_BYTES ? plain : await deflate(plain, { level: constants.Z_BEST_SPEED });
  const bytes = Buffer.allocUnsafeSlow(packed.length + 1);
  bytes[0] = packed === plain ? PLAIN : DEFLATED;
  packed.copy(bytes, 1);
  return { nr, bytes };
}

/** `where` is what an error names. @throws JournalError 'damaged' for bytes that no cowlab packed */
export function unpackEntries(chunk: StoredChunk, where: string): ReadChunk {
  const wrong = (what: string, cause?: unknown): JournalError =>
    new JournalError('damaged', `${where}: event ${chunk.version}: ${what}`,
      'read it with the cowlab that wrote it, or take the journal from a copy', { cause });
  let values: unknown[];
  try {
    values = linesIn(chunk.bytes);
  } catch (cause) {
    throw wrong(`this chunk holds no log (${cause instanceof Error ? cause.message : String(cause)})`, cause);
  }
  const head = values[0] as Record<string, unknown> | null | undefined;
  if (typeof head !== 'object' || head === null || head.cowlab !== 'log') throw wrong('this chunk holds no log');
  if (head.version !== CHUNK_VERSION)
    throw new JournalError('unknown-format',
      `${where}: event ${chunk.version}: log version ${JSON.stringify(head.version)}`,
      'read it with the cowlab that wrote it');
  const { name, geometry, policies } = head;
  if (typeof name !== 'string' || !isGeometry(geometry) || !Array.isArray(policies)
    || !policies.every((id) => typeof id === 'string')) throw wrong('the head of the log is not one');
  const lab: LabHead = { name, geometry, policies };
  const rest = values.slice(1) as Record<string, unknown>[];
  if (rest.length !== chunk.nr) throw wrong(`${rest.length} entries in a chunk of ${chunk.nr}`);
  const end = rest[0].end as { readonly hash?: unknown } | undefined;
  if (end !== undefined) {
    if (rest.length !== 1 || typeof end.hash !== 'string') throw wrong('the closing line says nothing');
    return { kind: 'end', head: lab, hash: end.hash };
  }
  for (let i = 0; i < rest.length; i++) {
    const problem = entryProblem(rest[i], chunk.version + i, geometry);
    if (problem !== null) throw wrong(`entry ${chunk.version + i}: ${problem}`);
  }
  return { kind: 'entries', head: lab, entries: rest as unknown as LogEntry[] };
}

function entryProblem(entry: Record<string, unknown> | null, position: number, geometry: Geometry): string | null {
  if (typeof entry !== 'object' || entry === null) return 'it is no object';
  if (entry.position !== position) return `it says that it is entry ${JSON.stringify(entry.position)}`;
  const { events } = entry;
  if (!Array.isArray(events)) return 'events is not a list';
  for (const event of events) {
    const problem = eventProblem(event, geometry);
    if (problem !== null) return problem;
  }
  return commandProblem(entry.command, geometry) ?? resultProblem(entry.result);
}

function linesIn(bytes: Uint8Array): unknown[] {
  const packed = bytes.subarray(1);
  if (bytes[0] !== PLAIN && bytes[0] !== DEFLATED) throw new Error('it is packed in a way that is not known here');
  const plain = bytes[0] === PLAIN ? packed : inflateRawSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX });
  const text = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString('utf8');
  if (!text.endsWith('\n')) throw new Error('its last line has no end');
  // A line end never stands inside a value, and one call of the parser is faster than one a line.
  return JSON.parse(`[${text.slice(0, -1).replaceAll('\n', ',')}]`) as unknown[];
}

function isGeometry(value: unknown): value is Geometry {
  const { name, bits, levels } = (value ?? {}) as Partial<Geometry>;
  const small = (n: unknown, least: number, most: number): boolean =>
    Number.isSafeInteger(n) && (n as number) >= least && (n as number) <= most;
  return typeof name === 'string' && small(bits, 1, 9) && small(levels, 2, 4);
}
