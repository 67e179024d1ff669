/** The operands of steps and assertions: what each is called in a text, and how it is read. */
import type { Cursor } from './cursor.ts';
import { quoted } from './scenario-error.ts';
import { ADVICES, ALLOCATED, HEIRS, KINDS, namesIn, PROTS, SNAPSHOTS, TIMES, WATCHES } from './words/values.ts';

/**
 * What a region maps. `file`, `sharedfile` and `rofile` map the memfd that belongs to the region's number, the same
 * one in every process; page k of it holds byte 0x80+k and there are 16. `anon` and `shanon` are fresh at every mmap.
 */
export type MapKind = keyof typeof KINDS;
export type Prot = keyof typeof PROTS;
export type Advice = keyof typeof ADVICES;
export type Heirs = keyof typeof HEIRS;
export type Watches = keyof typeof WATCHES;

export type Signal = 'SIGSEGV' | 'SIGBUS';
export const ERRNOS = ['EACCES', 'EAGAIN', 'EBUSY', 'EEXIST', 'EFAULT', 'EINTR', 'EINVAL', 'EIO', 'ENOENT', 'ENOMEM',
  'ENXIO', 'EOPNOTSUPP', 'EOVERFLOW', 'EPERM', 'ESRCH'] as const;
export type Errno = (typeof ERRNOS)[number];
export type StepResult = 'ok' | Signal | Errno;
/** Of a child's memory: a state that the parent was in at one moment, or perhaps one that it never was in. */
export type Snapshot = keyof typeof SNAPSHOTS;

/** Bounds of the language: far above any real program, low enough that a slip of the finger is caught. */
export const ID_MAX = 4095;
export const PAGES_MAX = 1 << 20;
/** Huge pages. */
export const POOL_MAX = 65_536;
export const POOL_DEFAULT = 64;
const COUNT_MAX = 999_999_999;
const VALUE_MAX = 255;
/** Of one storm: minutes, at most. */
const CHILDREN_MAX = 100_000;

const SIGNALS: readonly Signal[] = ['SIGSEGV', 'SIGBUS'];
const RESULTS: readonly StepResult[] = ['ok', ...SIGNALS, ...ERRNOS];

/** By field of the AST. */
export const OPERANDS = {
  p: ['P', (at: Cursor) => at.number('P', ID_MAX)],
  child: ['CHILD', (at: Cursor) => at.number('CHILD', ID_MAX)],
  r: ['R', (at: Cursor) => at.number('R', ID_MAX)],
  slot: ['SLOT', (at: Cursor) => at.number('SLOT', ID_MAX)],
  page: ['PAGE', (at: Cursor) => at.number('PAGE', PAGES_MAX - 1)],
  start: ['A', (at: Cursor) => at.number('A', PAGES_MAX - 1)],
  nr: ['N', (at: Cursor) => at.number('N', PAGES_MAX, 1)],
  value: ['V', (at: Cursor) => at.number('V', VALUE_MAX)],
  kind: ['KIND', (at: Cursor) => at.oneOf('KIND', namesIn(KINDS))],
  prot: ['PROT', (at: Cursor) => at.oneOf('PROT', namesIn(PROTS))],
  advice: ['ADVICE', (at: Cursor) => at.oneOf('ADVICE', namesIn(ADVICES))],
  heirs: ['alone|forks', (at: Cursor) => at.oneOf('HEIRS', namesIn(HEIRS))],
  watches: ['WATCHES', (at: Cursor) => at.oneOf('WATCHES', namesIn(WATCHES))],
  count: ['N', (at: Cursor) => at.number('N', COUNT_MAX)],
  index: ['INDEX', (at: Cursor) => at.number('INDEX', PAGES_MAX - 1)],
  result: ['ok|ERRNO', (at: Cursor) => at.oneOf('ERRNO', RESULTS)],
  seen: ['V|SIGSEGV|SIGBUS', readSeen],
  children: ['CHILDREN', (at: Cursor) => at.number('CHILDREN', CHILDREN_MAX, 1)],
  to: ['TO', (at: Cursor) => at.number('TO', ID_MAX)],
  at: ['B', (at: Cursor) => at.number('B', PAGES_MAX - 1)],
  what: ['WHAT', (at: Cursor) => at.oneOf('WHAT', namesIn(ALLOCATED))],
  times: ['TIMES', (at: Cursor) => at.oneOf('TIMES', namesIn(TIMES))],
  snapshot: ['whole|may-tear', (at: Cursor) => at.oneOf('SNAPSHOT', namesIn(SNAPSHOTS))],
} as const;

export type Operand = keyof typeof OPERANDS;
/** What is told of a word of the language. */
export interface Term {
  readonly word: string;
  /** How its line is written. */
  readonly shape: string;
  readonly says: string;
  /** Of those that are read by position, in their order. */
  readonly operands: readonly Operand[];
}

export type OperandValue<Name extends Operand> = ReturnType<(typeof OPERANDS)[Name][1]>;

/** `write` and its operands as `write P R PAGE V`. */
export function shapeOf(word: string, operands: readonly Operand[]): string {
  return [word, ...operands.map((operand) => OPERANDS[operand][0])].join(' ');
}

export function readOperands(at: Cursor, operands: readonly Operand[]): Record<string, number | string> {
  return Object.fromEntries(operands.map((operand) => [operand, OPERANDS[operand][1](at)]));
}

function readSeen(at: Cursor): number | Signal {
  const text = at.word('V');
  const signal = SIGNALS.find((name) => name === text);
  if (signal !== undefined) return signal;
  if (/^\d{1,3}$/.test(text) && Number(text) <= VALUE_MAX) return Number(text);
  throw at.fault('V', `V is ${quoted(text)}`, `use a whole number from 0 to ${VALUE_MAX}, SIGSEGV or SIGBUS`);
}
