/**
 * Messages of one type with the same fields make a table, a column for each field. Its text says which: `e PagesStored
 * mm:n vpn:n nr:n value:n`, e for events and c for commands, n for numbers, b for booleans, s for words of a list.
 */

import type { Column } from './column.ts';

export type MessageKind = 'c' | 'e';
type FieldKind = 'n' | 'b' | 's';

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
}

export interface Signature {
  readonly kind: MessageKind;
  readonly type: string;
  readonly fields: readonly Field[];
}

export type Message = Readonly<Record<string, unknown>> & { readonly type: string };

export class Table implements Signature {
  readonly kind: MessageKind;
  readonly type: string;
  readonly fields: readonly Field[];

  constructor(
    { kind, type, fields }: Signature,
    readonly nr: number,
    readonly columns: readonly Column[],
    /** Of each field that holds words: what its numbers stand for. */
    private readonly words: readonly (readonly string[] | null)[],
  ) {
    this.kind = kind;
    this.type = type;
    this.fields = fields;
  }

  /** null when these messages have no such field. */
  column(name: string): Column | null {
    const at = this.fields.findIndex((field) => field.name === name);
    return at < 0 ? null : this.columns[at];
  }

  /** Those that a field holds, by its number. */
  wordsOf(at: number): readonly string[] {
    return this.words[at] ?? [];
  }

  message(i: number): Message {
    const message: Record<string, unknown> & { type: string } = { type: this.type };
    const { fields, columns, words } = this;
    for (let at = 0; at < fields.length; at++) {
      const { name, kind } = fields[at];
      const value = columns[at].at(i);
      message[name] = kind === 'n' ? value : kind === 'b' ? value !== 0 : wordIn(words[at], value);
    }
    return message;
  }
}

function wordIn(words: readonly string[] | null, at: number): string {
  const word: unknown = words?.[at];
  if (typeof word !== 'string') throw new Error('it names a word that it does not have');
  return word;
}

/** Messages of one table that are still to be packed. */
export class GrowingTable implements Signature {
  readonly columns: number[][];
  readonly words: (Map<string, number> | null)[];
  nr = 0;

  constructor(readonly kind: MessageKind, readonly type: string, readonly fields: readonly Field[]) {
    this.columns = fields.map(() => []);
    this.words = fields.map((field) => (field.kind === 's' ? new Map<string, number>() : null));
  }

  static of(kind: MessageKind, message: Message): GrowingTable {
    const fields: Field[] = [];
    for (const name in message) {
      const value = message[name];
      if (name !== 'type' && value !== undefined) fields.push({ name, kind: fieldKind(message.type, name, value) });
    }
    return new GrowingTable(kind, message.type, fields);
  }

  /** False when the message has other fields than these, or others in their places. */
  take(message: Message): boolean {
    const { fields } = this;
    let at = 0;
    for (const name in message) {
      if (name === 'type') continue;
      const value = message[name];
      if (value === undefined) continue;
      const field = fields.at(at);
      if (field?.name !== name || KINDS[typeof value] !== field.kind) return false;
      at++;
    }
    if (at !== fields.length) return false;
    for (at = 0; at < fields.length; at++) {
      const value = message[fields[at].name];
      this.columns[at].push(typeof value === 'number' ? value : typeof value === 'boolean'
        ? Number(value)
        : this.wordAt(at, String(value)));
    }
    this.nr++;
    return true;
  }

  get text(): string {
    return [this.kind, this.type, ...this.fields.map(({ name, kind }) => `${name}:${kind}`)].join(' ');
  }

  private wordAt(at: number, word: string): number {
    const known = this.words[at];
    const number = known?.get(word) ?? known?.size ?? 0;
    known?.set(word, number);
    return number;
  }
}

const KINDS: Readonly<Record<string, FieldKind | undefined>> = { number: 'n', boolean: 'b', string: 's' };

function fieldKind(type: string, name: string, value: unknown): FieldKind {
  const kind = KINDS[typeof value];
  if (kind === undefined) throw new TypeError(`${type}.${name} is ${typeof value}, which no log holds`);
  return kind;
}

export function signatureIn(text: string): Signature | null {
  const [kind, type, ...fields] = text.split(' ');
  if ((kind !== 'c' && kind !== 'e') || !type) return null;
  const read = fields.map((field) => /^(\w+):([nbs])$/.exec(field));
  if (read.some((match) => match === null || match[1] === '__proto__')) return null;
  return { kind, type, fields: read.map((match) => ({ name: match?.[1] ?? '', kind: match?.[2] as FieldKind })) };
}
