/**
 * How each step is written. One table serves reading, writing, building and the error texts: they cannot drift apart.
 */
import { Cursor, type Line } from './cursor.ts';
import { readOperands, shapeOf, type Operand } from './operand.ts';
import type { Step, StepOf, StepOp } from './program.ts';

type Fields<Name extends StepOp> = Exclude<keyof StepOf<Name>, 'op'> & Operand;
const RANGE = ['p', 'r', 'start', 'nr'] as const;
const HOLD = ['p', 'slot', 'r', 'start', 'nr'] as const;

export const STEPS: { readonly [Name in StepOp]: readonly Fields<Name>[] } = {
  mmap: ['p', 'r', 'kind', 'nr'],
  munmap: RANGE,
  mremap: ['p', 'r', 'nr'],
  madvise: [...RANGE, 'advice'],
  mprotect: [...RANGE, 'prot'],
  mlock: RANGE,
  munlock: RANGE,
  swapout: RANGE,
  write: ['p', 'r', 'page', 'value'],
  read: ['p', 'r', 'page'],
  fork: ['p', 'child'],
  thread: ['p', 'child'],
  exit: ['p'],
  exec: ['p'],
  pin: HOLD,
  rpin: HOLD,
  spin: HOLD,
  unpin: ['slot'],
  devwrite: ['slot', 'page', 'value'],
  devread: ['slot', 'page'],
  vmsplice: HOLD,
  vdrop: ['slot'],
  pvread: ['p', 'r', 'page'],
  pvwrite: ['p', 'r', 'page', 'value'],
  storm: [...RANGE, 'children'],
};
export const STEP_OPS = Object.keys(STEPS) as readonly StepOp[];

export function isStepOp(word: string): word is StepOp {
  return Object.hasOwn(STEPS, word);
}

/** The cursor is handed back because it knows where the operands stood. */
export function parseStep(line: Line, op: StepOp): { step: Step; at: Cursor } {
  const at = new Cursor(line, shapeOf(op, STEPS[op]));
  const step = { op, ...readOperands(at, STEPS[op]) } as unknown as Step;
  at.end();
  return { step, at };
}

export function formatStep(step: Step): string {
  const values = step as unknown as Record<string, number | string>;
  return [step.op, ...STEPS[step.op].map((field) => values[field])].join(' ');
}
