/** All words of the language, in the order in which error texts and reports list them. */
import { ACCESS, FORCED, REMOTE } from './access.ts';
import { HOLDING } from './holding.ts';
import { KERNEL } from './kernel.ts';
import { MAPPING } from './mapping.ts';
import { PROCESS } from './process.ts';
import { STORM } from './storm.ts';
import { WATCHING } from './watching.ts';
import type { Facts, FieldsOf, Shape } from './word.ts';

export const WORDS = { ...MAPPING, ...ACCESS, ...PROCESS, ...HOLDING, ...REMOTE, ...WATCHING, ...FORCED, ...KERNEL,
  ...STORM };

export type StepOp = keyof typeof WORDS;
type ShapeOf<Op extends StepOp> = (typeof WORDS)[Op]['shape'];
/** A step as data: the word, and its operands by name. */
export type StepOf<Name extends StepOp> = {
  [Op in Name]: Readonly<{ op: Op } & FieldsOf<ShapeOf<Op>['fields']>>;
}[Name];
export type Step = StepOf<StepOp>;
/** The operands in the order of the text. */
export type OperandsOf<Op extends StepOp> = ShapeOf<Op> extends Shape<infer _, infer Named> ? Named : never;

export const STEP_OPS = Object.keys(WORDS) as readonly StepOp[];

/** What is known of a word beside how it is written. */
export function factsOf(op: StepOp): Facts {
  return WORDS[op];
}
