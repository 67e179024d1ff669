/** Steps as text, read and written by the rows of their words. */
import { Cursor, type Line } from './cursor.ts';
import { readOperands, shapeOf } from './operand.ts';
import { type Step, type StepOp, WORDS } from './words/words.ts';

export function isStepOp(word: string): word is StepOp {
  return Object.hasOwn(WORDS, word);
}

/** The cursor is handed back because it knows where the operands stood. */
export function parseStep(line: Line, op: StepOp): { step: Step; at: Cursor } {
  const { fields } = WORDS[op].shape;
  const at = new Cursor(line, shapeOf(op, fields));
  const step = { op, ...readOperands(at, fields) } as unknown as Step;
  at.end();
  return { step, at };
}

export function formatStep(step: Step): string {
  const values = step as unknown as Record<string, number | string>;
  return [step.op, ...WORDS[step.op].shape.fields.map((field) => values[field])].join(' ');
}
