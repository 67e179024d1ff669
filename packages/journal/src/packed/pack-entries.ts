/**
 * Entries of a lab's log as columns. A fold that wants one field of one kind of event reads that column and nothing
 * else; no object is made for an event that nobody looks at.
 *
 *   chunk     2:u8 1:u8 0:u16  headBytes:u32  head (JSON, padded)  position:f64  nrEntries:u32 nrEvents:u32
 *             columns: the table of each command, its number of events, the value of its result; the table of each event
 *             failures (JSON)  table*
 *   table     nr:u32 0:u32  a column for each field, then the words of each that holds some (JSON)
 *   JSON      bytes:u32 0:u32  text, padded to 8
 *
 * All little-endian and aligned to 8. The head says which lab it is of and which tables follow; it is the same from
 * chunk to chunk more often than not.
 */

import type { LogEntry } from '@cowlab/core';
import type { Chunk } from '../journal.ts';
import type { LabHead } from '../log/lab-head.ts';
import { PackedColumn } from './column.ts';
import { GrowingTable, type Message, type MessageKind } from './table.ts';

export const COLUMNS = 2;
export const COLUMNS_VERSION = 1;
export const FIXED_BYTES = 8;

export type Failure = readonly [entry: number, errno: string, why: string];

const text8 = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const padded = Buffer.alloc((bytes.length + 7) & ~7, ' ');
  bytes.copy(padded);
  return padded;
};

/** Tables as they are met; most types have one. */
class Tables {
  readonly all: GrowingTable[] = [];
  private readonly byType = new Map<string, number[]>();

  constructor(private readonly kind: MessageKind) {}

  /** The number of the table that has taken it. */
  take(message: Message): number {
    const known = this.byType.get(message.type);
    if (known !== undefined) { for (const at of known) if (this.all[at].take(message)) return at; }
    const table = GrowingTable.of(this.kind, message);
    table.take(message);
    this.byType.set(message.type, [...(known ?? []), this.all.length]);
    return this.all.push(table) - 1;
  }
}

export function packColumns({ name, geometry, policies }: LabHead, entries: readonly LogEntry[]): Chunk {
  const [commands, events] = [new Tables('c'), new Tables('e')];
  const commandTable: number[] = [];
  const eventsOf: number[] = [];
  const eventTable: number[] = [];
  const values: number[] = [];
  const failures: Failure[] = [];
  for (const [i, { command, events: facts, result }] of entries.entries()) {
    commandTable.push(commands.take(command));
    eventsOf.push(facts.length);
    for (let at = 0; at < facts.length; at++) eventTable.push(events.take(facts[at]));
    values.push(result.ok ? result.value : 0);
    if (!result.ok) failures.push([i, result.errno, result.why]);
  }
  const tables = [...commands.all, ...events.all];
  const head = text8(
    JSON.stringify({ cowlab: 'log', version: 2, name, geometry, policies, tables: tables.map(({ text }) => text) }),
  );
  const parts: (PackedColumn | Buffer)[] = [
    ...[commandTable, eventsOf, values, eventTable].map((column) => new PackedColumn(column)),
    ...json(failures),
  ];
  for (const { nr, columns, words } of tables) {
    const count = Buffer.alloc(8);
    count.writeUInt32LE(nr);
    parts.push(count, ...columns.map((column) => new PackedColumn(column)));
    for (const known of words) if (known !== null) parts.push(...json([...known.keys()]));
  }
  return { nr: entries.length,
    bytes: written(head, entries[0]?.position ?? 0, entries.length, eventTable.length, parts) };
}

function json(value: unknown): readonly Buffer[] {
  const text = text8(JSON.stringify(value));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return [length, text];
}

function written(
  head: Buffer,
  position: number,
  nrEntries: number,
  nrEvents: number,
  parts: readonly (PackedColumn | Buffer)[],
): Uint8Array {
  const size = parts.reduce((sum, part) => sum + (part instanceof PackedColumn ? part.bytes : part.length),
    FIXED_BYTES + head.length + 16);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = COLUMNS;
  bytes[1] = COLUMNS_VERSION;
  view.setUint32(4, head.length, true);
  bytes.set(head, FIXED_BYTES);
  let at = FIXED_BYTES + head.length;
  view.setFloat64(at, position, true);
  view.setUint32(at + 8, nrEntries, true);
  view.setUint32(at + 12, nrEvents, true);
  at += 16;
  for (const part of parts) {
    if (part instanceof PackedColumn) at = part.write(bytes, view, at);
    else {
      bytes.set(part, at);
      at += part.length;
    }
  }
  return bytes;
}
