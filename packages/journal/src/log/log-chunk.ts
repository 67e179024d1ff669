/**
 * A lab's log in chunks: entries as columns, and at the end of a run that was not cut a chunk that says which world it
 * led to; a stream without one is partial. Chunks of older journals hold lines of JSON, deflated or not, and are read.
 */

import { inflateRawSync } from 'node:zlib';
import type { Geometry, LogEntry } from '@cowlab/core';
import { commandProblem, eventProblem, resultProblem } from '@cowlab/runtime';
import type { Chunk, StoredChunk } from '../journal.ts';
import { JournalError } from '../journal-error.ts';
import { packColumns } from '../packed/pack-entries.ts';
import { packedProblem } from '../packed/packed-problem.ts';
import { entriesIn, isPacked, type PackedEntries, PackedReader } from '../packed/packed-entries.ts';
import { isGeometry, type LabHead } from './lab-head.ts';

export type ReadChunk =
  | { readonly kind: 'entries'; readonly head: LabHead; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'end'; readonly head: LabHead; readonly hash: string };

const CHUNK_VERSION = 1;
const PLAIN = 0;
const DEFLATED = 1;
/** What a chunk may unpack to: the runtime's lines for a thousand commands are a hundredth of it. */
const UNPACKED_BYTES_MAX = 512 * 1024 * 1024;

export function packEntries(head: LabHead, entries: readonly LogEntry[]): Chunk {
  return packColumns(head, entries);
}

/** Counts as an event of its own. */
export function packEnd({ name, geometry, policies }: LabHead, hash: string): Chunk {
  const text = [{ cowlab: 'log', version: CHUNK_VERSION, geometry, policies, name }, { end: { hash } }]
    .map((line) => `${JSON.stringify(line)}\n`).join('');
  return { nr: 1, bytes: Buffer.concat([Buffer.of(PLAIN), Buffer.from(text)]) };
}

/** Takes the chunks of one stream apart, one after the other. */
export class ChunkReader {
  private readonly packed = new PackedReader();

  /** @param where what an error names */
  constructor(private readonly where: string) {}

  /** Its columns; null for one that holds lines. @throws JournalError 'damaged' */
  columns(chunk: StoredChunk): PackedEntries | null {
    if (!isPacked(chunk.bytes)) return null;
    try {
      const packed = this.packed.read(chunk.bytes);
      if (packed.position !== chunk.version || packed.nrEntries !== chunk.nr)
        throw new Error(
          `it says that it holds entries ${packed.position} to ${packed.position + packed.nrEntries - 1}`,
        );
      return packed;
    } catch (cause) {
      throw this.wrong(chunk, `this chunk holds no log (${cause instanceof Error ? cause.message : String(cause)})`,
        cause);
    }
  }

  /** @throws JournalError 'damaged' for bytes that no cowlab packed */
  read(chunk: StoredChunk): ReadChunk {
    const packed = this.columns(chunk);
    if (packed === null) return unpackLines(chunk, this.where);
    const { head } = packed;
    const problem = packedProblem(packed);
    if (problem !== null) throw this.wrong(chunk, problem);
    try {
      return { kind: 'entries', head, entries: [...entriesIn(packed)] };
    } catch (cause) {
      throw this.wrong(chunk, cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  private wrong(chunk: StoredChunk, what: string, cause?: unknown): JournalError {
    return wrongChunk(this.where, chunk, what, cause);
  }
}

function wrongChunk(where: string, { version }: StoredChunk, what: string, cause?: unknown): JournalError {
  return new JournalError('damaged', `${where}: event ${version}: ${what}`,
    'read it with the cowlab that wrote it, or take the journal from a copy', { cause });
}

function unpackLines(chunk: StoredChunk, where: string): ReadChunk {
  const wrong = (what: string, cause?: unknown): JournalError => wrongChunk(where, chunk, what, cause);
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
