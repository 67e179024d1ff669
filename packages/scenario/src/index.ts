export { Driver } from './drive.ts';
export { scenario, type Claims, type ScenarioBuilder } from './builder.ts';
export { formatPrograms, formatScenario } from './format.ts';
export { type Advice, type Errno, ERRNOS, type MapKind, POOL_DEFAULT, type Prot, type Signal, type Snapshot,
  type StepResult } from './operand.ts';
export { parsePrograms, parseScenario } from './parse.ts';
export type { Assertion, Expectation, ExpectedFailure, HazardId, Program, Scenario } from './program.ts';
export { meant, quoted, ScenarioError } from './scenario-error.ts';
export { Cursor, type Line, linesOf } from './cursor.ts';
export { formatStep, isStepOp, parseStep } from './step.ts';
export type { Slot, StepOutcome } from './words/controller.ts';
export type { Effect, Facts } from './words/word.ts';
export { factsOf, type Step, STEP_OPS, type StepOf, type StepOp } from './words/words.ts';
