/** A chunk of columns, to be folded as it is or taken apart into the entries it was made of. */

import type { Command, Event, LogEntry, Result } from '@cowlab/core';
import type { LabHead } from '../log/lab-head.ts';
import { isGeometry } from '../log/lab-head.ts';
import { Column } from './column.ts';
import { COLUMNS, COLUMNS_VERSION, type Failure, FIXED_BYTES } from './pack-entries.ts';
import { type Signature, signatureIn, Table } from './table.ts';

export interface PackedEntries {
  readonly head: LabHead;
  /** Of the first entry. */
  readonly position: number;
  readonly nrEntries: number;
  readonly nrEvents: number;
  /** Of commands, then of events; the columns below speak of them by their number among their kind. */
  readonly commands: readonly Table[];
  readonly events: readonly Table[];
  readonly commandTable: Column;
  /** Of each entry. */
  readonly eventsOf: Column;
  readonly eventTable: Column;
  readonly values: Column;
  readonly failures: readonly Failure[];
}

export const isPacked = (bytes: Uint8Array): boolean => bytes[0] === COLUMNS;

interface Head {
  readonly lab: LabHead;
  readonly tables: readonly Signature[];
}

/** Reads chunk after chunk; what they have in common is read once. */
export class PackedReader {
  private last: { readonly bytes: Uint8Array; readonly head: Head } | null = null;

  /** @throws Error that says what is wrong with it */
  read(given: Uint8Array): PackedEntries {
    // A payload may lie anywhere in the block that it was read with, and words want their place.
    const bytes = given.byteOffset % 8 === 0 ? given : given.slice();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!isPacked(bytes) || bytes[1] !== COLUMNS_VERSION)
      throw new Error('it is packed in a way that is not known here');
    const headEnd = FIXED_BYTES + view.getUint32(4, true);
    if (headEnd + 16 > bytes.length) throw new Error('its head is cut short');
    const head = this.head(bytes.subarray(FIXED_BYTES, headEnd));
    return new Parts(bytes, view, headEnd).read(head);
  }

  private head(bytes: Uint8Array): Head {
    if (this.last !== null && Buffer.compare(this.last.bytes, bytes) === 0) return this.last.head;
    const head = headIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
    this.last = { bytes: bytes.slice(), head };
    return head;
  }
}

function headIn(text: string): Head {
  const { cowlab, name, geometry, policies, tables } = JSON.parse(text) as Record<string, unknown>;
  if (cowlab !== 'log' || typeof name !== 'string' || !isGeometry(geometry) || !isTexts(policies) || !isTexts(tables))
    throw new Error('its head is none of a log');
  const signatures = tables.map(signatureIn);
  if (signatures.includes(null)) throw new Error('its head has a table that is none');
  return { lab: { name, geometry: geometry, policies }, tables: signatures as readonly Signature[] };
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');

class Parts {
  constructor(private readonly bytes: Uint8Array, private readonly view: DataView, private at: number) {}

  read({ lab, tables }: Head): PackedEntries {
    const position = this.view.getFloat64(this.at, true);
    const nrEntries = this.view.getUint32(this.at + 8, true);
    const nrEvents = this.view.getUint32(this.at + 12, true);
    this.at += 16;
    const [commandTable, eventsOf, values, eventTable] = [nrEntries, nrEntries, nrEntries, nrEvents].map((nr) =>
      this.column(nr)
    );
    const failures = this.json() as readonly Failure[];
    const read = tables.map((signature) => this.table(signature));
    return { head: lab, position, nrEntries, nrEvents, commands: read.filter(({ kind }) => kind === 'c'),
      events: read.filter(({ kind }) => kind === 'e'), commandTable, eventsOf, eventTable, values, failures };
  }

  private table(signature: Signature): Table {
    const nr = this.view.getUint32(this.at, true);
    this.at += 8;
    const columns = signature.fields.map(() => this.column(nr));
    const words = signature.fields.map(({ kind }) => (kind === 's' ? (this.json() as readonly string[]) : null));
    return new Table(signature, nr, columns, words);
  }

  private column(nr: number): Column {
    const { column, end } = Column.read(this.bytes, this.view, this.at);
    if (column.nr !== nr) throw new Error(`a column of ${column.nr} where ${nr} belong`);
    this.at = end;
    return column;
  }

  private json(): unknown {
    const length = this.view.getUint32(this.at, true);
    const from = this.at + 8;
    this.at = from + length;
    if (this.at > this.bytes.length) throw new Error('it is cut short');
    const value: unknown = JSON.parse(Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, length).toString());
    if (!Array.isArray(value)) throw new Error('a list is none');
    return value;
  }
}

/** In their order, as they were before they were packed. */
export function* entriesIn(packed: PackedEntries): Generator<LogEntry, void, undefined> {
  const { position, nrEntries, commands, events, commandTable, eventsOf, eventTable, values } = packed;
  const nextCommand = new Uint32Array(commands.length);
  const nextEvent = new Uint32Array(events.length);
  const failed = new Map(packed.failures.map(([entry, errno, why]) => [entry, { ok: false, errno, why }]));
  const take = (tables: readonly Table[], next: Uint32Array, at: number): object => {
    if (at >= tables.length || next[at] >= tables[at].nr) throw new Error('its tables have too few rows');
    return tables[at].message(next[at]++);
  };
  for (let i = 0, event = 0; i < nrEntries; i++) {
    const command = take(commands, nextCommand, commandTable.at(i)) as unknown as Command;
    const facts: Event[] = [];
    for (const end = event + eventsOf.at(i); event < end; event++) {
      if (event >= packed.nrEvents) throw new Error('it has too few events');
      facts.push(take(events, nextEvent, eventTable.at(event)) as unknown as Event);
    }
    const result = (failed.get(i) ?? { ok: true, value: values.at(i) }) as Result;
    yield { position: position + i, command, events: facts, result };
  }
}
