/**
 * What there is to say of a word of the language. All of it stands in the word's row, so that a word is added in one
 * place: how it is written, what it does to the machine and to what a reader knows of it, and what a kernel needs for
 * it.
 */
import type { Controller, StepOutcome } from './controller.ts';
import type { Operand, OperandValue } from '../operand.ts';

/** Operands in the order of the text, with the names that a builder's method shows. */
export interface Shape<Fields extends readonly Operand[], Named extends readonly unknown[]> {
  readonly fields: Fields;
  /** For the compiler alone. */
  readonly named?: Named;
}

/** What a word does to what exists, which is what tells steps that make sense from slips. */
export type Effect = 'maps' | 'resizes' | 'touches' | 'forks' | 'shares' | 'execs' | 'ends' | 'fills' | 'uses'
  | 'empties' | 'storms' | 'moves' | 'everywhere';

export interface Facts {
  /** What the step does, for whoever writes one. */
  readonly says: string;
  readonly effect: Effect;
  /** Whose its `slot` is: a device's or a pipe's. */
  readonly slots?: 'pin' | 'pipe';
  /** What a step that succeeds comes to, for those who record it: the child where it has one, else this, else 0. */
  readonly gives?: 'byte' | 'number';
  /** What a live kernel must have for it. */
  readonly needs?: 'swap' | 'uring' | 'remote' | 'soft-dirty' | 'uffd' | 'force' | 'ksm';
  /** Why no live kernel is asked. */
  readonly never?: string;
}

export type FieldsOf<Fields extends readonly Operand[]> = { readonly [Field in Fields[number]]: OperandValue<Field> };

export interface Word<Fields extends readonly Operand[], Named extends readonly unknown[]> extends Facts {
  readonly shape: Shape<Fields, Named>;
  readonly act: (on: Controller, step: FieldsOf<Fields>) => StepOutcome;
}

export function word<const Fields extends readonly Operand[], Named extends readonly unknown[]>(
  shape: Shape<Fields, Named>,
  facts: Facts,
  act: Word<Fields, Named>['act'],
): Word<Fields, Named> {
  return { shape, ...facts, act };
}

type ShapeOf<Fields extends readonly Operand[], Named extends readonly unknown[]> =
  { [At in keyof Fields]: OperandValue<Fields[At]> } extends Readonly<Named> ? Shape<Fields, Named>
    : 'the names do not fit the operands';

/** The operands are named twice, since the compiler makes no parameter's name of a word; the two must fit. */
export const shape =
  <Named extends readonly unknown[]>() =>
  <const Fields extends readonly Operand[]>(...fields: Fields): ShapeOf<Fields, Named> =>
    ({ fields }) as ShapeOf<Fields, Named>;

export const RANGE = shape<[p: number, r: number, start: number, nr: number]>()('p', 'r', 'start', 'nr');
export const PAGE = shape<[p: number, r: number, page: number]>()('p', 'r', 'page');
export const STORE = shape<[p: number, r: number, page: number, value: number]>()('p', 'r', 'page', 'value');
export const HOLD = shape<[p: number, slot: number, r: number, start: number, nr: number]>()('p', 'slot', 'r', 'start',
  'nr');
export const SLOT = shape<[slot: number]>()('slot');
