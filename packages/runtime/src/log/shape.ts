/**
 * What a message of the log must look like, as a table: one role per field. A role says which values a field may have;
 * the compiler holds the tables equal to the message types, so a new field or message cannot be forgotten here.
 */

import type { Geometry } from '@cowlab/core';
import { shown } from './log-error.ts';

/** Ids that users choose are below this, as pids are. @kernel include/linux/threads.h PID_MAX_LIMIT */
const IDS_MAX = 2 ** 22;
/** Frames and records that the model chooses: 24 bits, as a page table entry has room for. */
const RECORDS_MAX = 2 ** 24;

const between = (least: number, most: number) => (value: number) =>
  Number.isSafeInteger(value) && value >= least && value <= most;

/** Roles of numbers. Names of event roles that speak of a living thing are checked against the world in `fits.ts`. */
const NUMBERS = {
  id: between(0, IDS_MAX - 1),
  /** -1 for none. */
  idOrNone: between(-1, IDS_MAX - 1),
  count: between(0, Number.MAX_SAFE_INTEGER),
  /** Pages of one fact. */
  nr: between(1, RECORDS_MAX),
  integer: between(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  /** An address or a length: programs also ask for ones far outside what a double holds exactly. */
  bytes: (value: number) => Number.isInteger(value) && value >= 0,
  word: between(-(2 ** 31), 2 ** 32 - 1),
  level: between(0, 4),
  pfn: between(0, RECORDS_MAX - 1),
  newPfn: between(1, RECORDS_MAX - 1),
  record: between(0, RECORDS_MAX - 1),
  newRecord: between(0, RECORDS_MAX - 1),
  mm: between(0, IDS_MAX - 1),
  newMm: between(0, IDS_MAX - 1),
  task: between(0, IDS_MAX - 1),
  pin: between(0, IDS_MAX - 1),
  vma: between(0, RECORDS_MAX - 1),
  newVma: between(0, RECORDS_MAX - 1),
  file: between(0, IDS_MAX - 1),
  slot: between(0, RECORDS_MAX - 1),
  newSlot: between(0, RECORDS_MAX - 1),
  newFolio: between(1, RECORDS_MAX - 1),
} as const;

export type NumberRole = keyof typeof NUMBERS | 'vpn' | 'run';
/** A string field lists what it may hold. */
type RoleOf<V> = [V] extends [boolean] ? 'boolean'
  : [V] extends [number] ? NumberRole
  : [V] extends [string] ? readonly V[]
  : never;
type FieldOf<M, F extends keyof M> = undefined extends M[F] ? { readonly optional: RoleOf<NonNullable<M[F]>> }
  : RoleOf<M[F]>;
type ShapeOf<M> = { readonly [F in Exclude<keyof M, 'type'>]-?: FieldOf<M, F> };
/** One shape per message type. */
export type Shapes<M extends { readonly type: string }> = {
  readonly [T in M['type']]: ShapeOf<Extract<M, { readonly type: T }>>;
};

type Role = NumberRole | 'boolean' | readonly string[];
export type AnyShape = Readonly<Record<string, Role | { readonly optional: Role }>>;

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with `message`, in a few words; null when it has exactly the fields of its shape. */
export function messageProblem(
  kind: string,
  shapes: Readonly<Record<string, AnyShape>>,
  message: unknown,
  geometry: Geometry,
): string | null {
  if (!isObject(message)) return `${kind} is not an object`;
  const { type } = message;
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return `unknown ${kind} type ${shown(type)}`;
  const shape = shapes[type];
  for (const field in shape) {
    const rule = shape[field];
    const optional = typeof rule === 'object' && 'optional' in rule;
    const value = message[field];
    if (value === undefined && optional) continue;
    const problem = valueProblem(optional ? rule.optional : rule, value, message, geometry);
    if (problem !== null) return `${type}.${field} is ${shown(value)}, not ${problem}`;
  }
  for (const field in message) {
    if (field !== 'type' && !Object.hasOwn(shape, field)) return `${type} has an unknown field ${shown(field)}`;
  }
  return null;
}

/** What the value should have been, or null. */
function valueProblem(
  role: Role,
  value: unknown,
  message: Readonly<Record<string, unknown>>,
  geometry: Geometry,
): string | null {
  if (role === 'boolean') return typeof value === 'boolean' ? null : 'a boolean';
  if (typeof role === 'object')
    return typeof value === 'string' && role.includes(value)
      ? null
      : `one of ${role.join(', ')}`;
  if (typeof value !== 'number') return 'a number';
  if (role === 'vpn')
    return value <= 2 ** (geometry.bits * geometry.levels) && NUMBERS.count(value)
      ? null
      : 'a page number of the address space';
  if (role === 'run')
    return runFits(value, message.vpn, message.to, 'from' in message, geometry)
      ? null
      : 'a run of pages inside one page table';
  return NUMBERS[role](value) ? null : `a value for ${role}`;
}

/** A run never crosses the page table it is in; of a moved run neither end does. */
function runFits(nr: number, vpn: unknown, to: unknown, isFork: boolean, { bits }: Geometry): boolean {
  const fanout = 1 << bits;
  const inOneTable = (start: unknown): boolean => typeof start === 'number' && (start % fanout) + nr <= fanout;
  return NUMBERS.nr(nr) && inOneTable(vpn) && (isFork || to === undefined || inOneTable(to));
}

/** Many values of one field, of which nobody makes objects. */
export interface FieldValues {
  readonly kind: 'number' | 'boolean' | 'string';
  readonly nr: number;
  at(i: number): number;
  bounds(): readonly [least: number, greatest: number];
  readonly isWhole: boolean;
  /** Of strings: those that occur. */
  readonly words: readonly string[];
}

/** As `messageProblem`, of many messages of one type at once. */
export function tableProblem(
  kind: string,
  shapes: Readonly<Record<string, AnyShape>>,
  type: string,
  fields: ReadonlyMap<string, FieldValues>,
  geometry: Geometry,
): string | null {
  if (!Object.hasOwn(shapes, type)) return `unknown ${kind} type ${shown(type)}`;
  const shape = shapes[type];
  for (const field in shape) {
    const rule = shape[field];
    const optional = typeof rule === 'object' && 'optional' in rule;
    const values = fields.get(field);
    if (values === undefined && optional) continue;
    const problem = values === undefined
      ? 'there'
      : valuesProblem(optional ? rule.optional : rule, values, fields, geometry);
    if (problem !== null) return `${type}.${field} is not ${problem}`;
  }
  for (const field of fields.keys())
    if (!Object.hasOwn(shape, field)) return `${type} has an unknown field ${shown(field)}`;
  return null;
}

function valuesProblem(
  role: Role,
  values: FieldValues,
  fields: ReadonlyMap<string, FieldValues>,
  geometry: Geometry,
): string | null {
  if (values.nr === 0) return null;
  if (role === 'boolean') return values.kind === 'boolean' ? null : 'a boolean';
  if (typeof role === 'object')
    return values.kind === 'string' && values.words.every((word) => role.includes(word))
      ? null
      : `one of ${role.join(', ')}`;
  if (values.kind !== 'number') return 'a number';
  if (role === 'run') return runsProblem(values, fields, geometry);
  // Every role is an interval: what holds for the ends holds between them.
  if (values.isWhole) {
    for (const end of values.bounds()) {
      const problem = valueProblem(role, end, {}, geometry);
      if (problem !== null) return problem;
    }
    return null;
  }
  for (let i = 0; i < values.nr; i++) {
    const problem = valueProblem(role, values.at(i), {}, geometry);
    if (problem !== null) return problem;
  }
  return null;
}

function runsProblem(
  values: FieldValues,
  fields: ReadonlyMap<string, FieldValues>,
  geometry: Geometry,
): string | null {
  const [vpn, to] = [fields.get('vpn'), fields.get('to')];
  const isFork = fields.has('from');
  for (let i = 0; i < values.nr; i++) {
    if (!runFits(values.at(i), vpn?.at(i), to?.at(i), isFork, geometry)) return 'a run of pages inside one page table';
  }
  return null;
}
