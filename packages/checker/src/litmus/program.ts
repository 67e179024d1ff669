/** A litmus test: a few threads of a few instructions, and a question about how they may end. */
import type { Barrier, LoadStrength } from '../memory/views.ts';
import type { Condition } from './condition.ts';

export type Architecture = 'AArch64' | 'X86';

/** A register, or a number. */
export type Operand = string | number;

/** Where an access goes: to what a register holds, and what a second one adds to it. */
export interface Place {
  readonly base: Operand;
  readonly index?: string;
}

export type Instruction =
  | { readonly op: 'move'; readonly to: string; readonly value: Operand }
  | { readonly op: 'add' | 'sub' | 'eor' | 'and'; readonly to: string; readonly a: Operand; readonly b: Operand }
  | { readonly op: 'load'; readonly to: string; readonly at: Place; readonly strength: LoadStrength;
    readonly exclusive: boolean }
  /** `status`: of a store exclusive, the register that says whether it failed. */
  | { readonly op: 'store'; readonly from: Operand; readonly at: Place; readonly release: boolean;
    readonly status: string | null }
  /** One instruction that loads and stores. `to` null: the old value goes nowhere. */
  | { readonly op: 'atomic'; readonly what: 'swap' | 'add'; readonly to: string | null; readonly from: Operand;
    readonly at: Place; readonly acquire: boolean; readonly release: boolean }
  | { readonly op: 'barrier'; readonly kind: Barrier }
  | { readonly op: 'compare'; readonly a: Operand; readonly b: Operand }
  /** `on` null: always. */
  | { readonly op: 'branch'; readonly on: string | null; readonly ifZero: boolean; readonly label: string }
  | { readonly op: 'label'; readonly label: string };

/** What `compare` leaves behind, as a register. */
export const FLAGS = 'flags';

export interface LitmusTest {
  readonly name: string;
  readonly architecture: Architecture;
  /** Names of the words that threads share. */
  readonly words: readonly string[];
  /** What they hold at first. */
  readonly initial: readonly number[];
  readonly threads: readonly Thread[];
  readonly condition: Condition;
}

export interface Thread {
  readonly registers: ReadonlyMap<string, number>;
  readonly code: readonly Instruction[];
}

/** Addresses are numbers, far apart: adding 0 to one, as false dependencies do, leaves it. */
const APART = 1 << 16;
export const addressOf = (word: number): number => (word + 1) * APART;
/** @throws RangeError when there is no word there */
export function wordAt(address: number, words: number): number {
  const word = address / APART - 1;
  if (!Number.isInteger(word) || word < 0 || word >= words)
    throw new RangeError(`an access goes to ${address}, where no word is`);
  return word;
}

export function targetOf(code: readonly Instruction[], label: string): number {
  const at = code.findIndex((instruction) => instruction.op === 'label' && instruction.label === label);
  if (at < 0) throw new RangeError(`a branch leads to ${label}, which is nowhere`);
  return at;
}

/** X0 and W0 are one register. */
export const registerName = (name: string): string => name.toUpperCase().replace(/^%/, '').replace(/^W(?=\d|ZR)/, 'X');
