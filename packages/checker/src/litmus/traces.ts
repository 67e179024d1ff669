/**
 * What a thread may do, for all values that its loads may find: its accesses in their order, and which loads each of
 * them depends on. Values that the question rules out are not followed.
 */
import type { Barrier, LoadStrength } from '../memory/views.ts';
import { type Condition, demands } from './condition.ts';
import { FLAGS, type Instruction, type LitmusTest, type Operand, type Place, targetOf, wordAt } from './program.ts';

/** `address`, `data`, `on`: the loads of the trace that a value was made of, as bits of their numbers. */
export type Event =
  | { readonly kind: 'load'; readonly word: number; readonly value: number; readonly strength: LoadStrength;
    readonly exclusive: boolean; readonly noReturn: boolean; readonly address: number }
  | { readonly kind: 'store'; readonly word: number; readonly value: number; readonly release: boolean;
    /** `paired`: with the load before it, as one instruction; `exclusive`: with the latest load exclusive. */
    readonly how: 'alone' | 'exclusive' | 'paired' | 'full'; readonly address: number; readonly data: number }
  | { readonly kind: 'barrier'; readonly what: Barrier }
  | { readonly kind: 'branch'; readonly on: number };

export interface Trace {
  readonly thread: number;
  readonly events: readonly Event[];
  readonly stores: readonly Extract<Event, { readonly kind: 'store' }>[];
  readonly registers: ReadonlyMap<string, number>;
}

/** A value, and the loads that it depends on. */
interface Known {
  readonly value: number;
  readonly from: number;
}

const MAX_LOADS = 30;
const MAX_STEPS = 400;
const MAX_TRACES = 20_000;
const ROUNDS = 12;

/** Raised where a test has more of something than is looked at. */
export class TooLarge extends RangeError {}

/** The traces of each thread. */
export function tracesOf(test: LitmusTest): readonly (readonly Trace[])[] {
  const values = valuesOf(test);
  const wanted = demands(test.condition);
  return test.threads.map((_, thread) => new Tracer(test, thread, values, wanted).run());
}

/** What each word may ever hold: what is stored by whoever loads what may be there. */
export function valuesOf(test: LitmusTest): readonly (readonly number[])[] {
  const values = test.initial.map((value) => new Set([value]));
  for (let round = 0; round < ROUNDS; round++) {
    let grown = false;
    const lists = values.map((set) => [...set]);
    test.threads.forEach((_, thread) => {
      for (const { stores } of new Tracer(test, thread, lists, []).run())
        for (const { word, value } of stores) {
          grown ||= !values[word].has(value);
          values[word].add(value);
        }
    });
    if (!grown) break;
  }
  return values.map((set) => [...set]);
}

class Tracer {
  private readonly found: Trace[] = [];
  private readonly code: readonly Instruction[];
  private readonly wanted = new Map<string, number>();

  constructor(
    private readonly test: LitmusTest,
    private readonly thread: number,
    private readonly values: readonly (readonly number[])[],
    demanded: readonly Condition[],
  ) {
    this.code = test.threads[thread].code;
    for (const demand of demanded) {
      if (demand.kind === 'register' && demand.thread === thread && this.isSetOnce(demand.register))
        this.wanted.set(demand.register, demand.value);
    }
  }

  run(): readonly Trace[] {
    const { registers } = this.test.threads[this.thread];
    this.from({ at: 0, steps: 0, registers: new Map([...registers].map(([name, value]) => [name, { value, from: 0 }])),
      events: [], nrLoads: 0 });
    return this.found;
  }

  /** A register that one load sets and nothing else has that load's value at the end. */
  private isSetOnce(register: string): boolean {
    const setters = this.code.filter((instruction) => 'to' in instruction && instruction.to === register);
    return setters.length === 1 && setters[0].op === 'load';
  }

  private from(path: Path): void {
    for (let at = path.at; at < this.code.length;) {
      if (++path.steps > MAX_STEPS) throw new TooLarge(`thread ${this.thread} has no end within ${MAX_STEPS} steps`);
      const instruction = this.code[at++];
      switch (instruction.op) {
        case 'load':
          return this.load(path, instruction, at);
        case 'atomic':
          return this.atomic(path, instruction, at);
        case 'store':
          if (instruction.status !== null) return this.exclusive(path, instruction, at);
          this.store(path, instruction.at, instruction.from, instruction.release, 'alone');
          break;
        case 'branch': {
          const on = instruction.on === null ? null : read(path, instruction.on);
          if (on !== null && on.from !== 0) path.events.push({ kind: 'branch', on: on.from });
          if (on === null || (on.value === 0) === instruction.ifZero) at = targetOf(this.code, instruction.label);
          break;
        }
        case 'barrier':
          path.events.push({ kind: 'barrier', what: instruction.kind });
          break;
        case 'label':
          break;
        default:
          compute(path, instruction);
      }
    }
    if (this.found.length >= MAX_TRACES) throw new TooLarge(`thread ${this.thread} has more than ${MAX_TRACES} ways`);
    this.found.push({ thread: this.thread, events: path.events,
      stores: path.events.filter((event) => event.kind === 'store'),
      registers: new Map([...path.registers].map(([name, { value }]) => [name, value])) });
  }

  private load(path: Path, { to, at, strength, exclusive }: Op<'load'>, next: number): void {
    const { word, from } = this.where(path, at);
    for (const value of this.values[word]) {
      const wanted = this.wanted.get(to);
      if (wanted !== undefined && wanted !== value) continue;
      const branch = copy(path, next);
      this.saw(branch, to, { kind: 'load', word, value, strength, exclusive, noReturn: false, address: from });
      this.from(branch);
    }
  }

  /** It may fail for no reason. */
  private exclusive(path: Path, { at, from, release, status }: Op<'store'>, next: number): void {
    const failed = copy(path, next);
    failed.registers.set(status as string, { value: 1, from: 0 });
    this.store(path, at, from, release, 'exclusive');
    path.registers.set(status as string, { value: 0, from: 0 });
    path.at = next;
    this.from(path);
    this.from(failed);
  }

  private atomic(path: Path, { what, to, from, at, acquire, release }: Op<'atomic'>, next: number): void {
    const { word, from: address } = this.where(path, at);
    for (const value of this.values[word]) {
      const branch = copy(path, next);
      const given = read(branch, from);
      const loaded = 1 << branch.nrLoads;
      this.saw(branch, to, { kind: 'load', word, value, strength: acquire ? 'acquire' : 'plain', exclusive: false,
        noReturn: to === null, address });
      branch.events.push({ kind: 'store', word, value: what === 'swap' ? given.value : value + given.value, release,
        how: acquire && release && to !== null ? 'full' : 'paired', address,
        data: given.from | (what === 'swap' ? 0 : loaded) });
      this.from(branch);
    }
  }

  private saw(path: Path, to: string | null, event: Extract<Event, { readonly kind: 'load' }>): void {
    if (path.nrLoads === MAX_LOADS) throw new TooLarge(`thread ${this.thread} has more than ${MAX_LOADS} loads`);
    path.events.push(event);
    if (to !== null) path.registers.set(to, { value: event.value, from: 1 << path.nrLoads });
    path.nrLoads++;
  }

  private store(path: Path, at: Place, from: Operand, release: boolean, how: 'alone' | 'exclusive'): void {
    const { word, from: address } = this.where(path, at);
    const { value, from: data } = read(path, from);
    path.events.push({ kind: 'store', word, value, release, how, address, data });
  }

  private where(path: Path, { base, index }: Place): { readonly word: number; readonly from: number } {
    const [a, b] = [read(path, base), index === undefined ? NOTHING : read(path, index)];
    return { word: wordAt(a.value + b.value, this.test.words.length), from: a.from | b.from };
  }
}

interface Path {
  at: number;
  steps: number;
  readonly registers: Map<string, Known>;
  readonly events: Event[];
  nrLoads: number;
}

type Op<Name extends Instruction['op']> = Extract<Instruction, { readonly op: Name }>;

const NOTHING: Known = { value: 0, from: 0 };

const copy = (path: Path, at: number): Path => ({ ...path, at, registers: new Map(path.registers),
  events: [...path.events] });

const read = ({ registers }: Path, operand: Operand): Known =>
  typeof operand === 'number' ? { value: operand, from: 0 } : registers.get(operand) ?? NOTHING;

function compute(path: Path, instruction: Sum): void {
  let from = 0;
  const { to, value } = sum(instruction, (operand) => {
    const known = read(path, operand);
    from |= known.from;
    return known.value;
  });
  path.registers.set(to, { value, from });
}

export type Sum = Op<'move' | 'add' | 'sub' | 'eor' | 'and' | 'compare'>;

export const isSum = (instruction: Instruction): instruction is Sum =>
  ['move', 'add', 'sub', 'eor', 'and', 'compare'].includes(instruction.op);

/** What an instruction that touches no memory leaves in which register. */
export function sum(
  instruction: Sum,
  valueOf: (operand: Operand) => number,
): { readonly to: string; readonly value: number } {
  if (instruction.op === 'move') return { to: instruction.to, value: valueOf(instruction.value) };
  const [a, b] = [valueOf(instruction.a), valueOf(instruction.b)];
  switch (instruction.op) {
    case 'compare':
      return { to: FLAGS, value: a - b };
    case 'sub':
      return { to: instruction.to, value: a - b };
    case 'add':
      return { to: instruction.to, value: a + b };
    case 'and':
      return { to: instruction.to, value: a & b };
    case 'eor':
      return { to: instruction.to, value: a ^ b };
  }
}
