export { Driver, type Slot, type StepOutcome } from './drive.ts';
export { scenario, type Claims, type ScenarioBuilder } from './builder.ts';
export { formatPrograms, formatScenario } from './format.ts';
export { POOL_DEFAULT } from './operand.ts';
export { parsePrograms, parseScenario } from './parse.ts';
export { ERRNOS } from './program.ts';
export type { Advice, Assertion, Errno, Expectation, ExpectedFailure, HazardId, MapKind, Program,
  Prot } from './program.ts';
export type { Scenario, Signal, Snapshot, Step, StepOf, StepOp, StepResult } from './program.ts';
export { meant, quoted, ScenarioError } from './scenario-error.ts';
export { Cursor, type Line, linesOf } from './cursor.ts';
export { formatStep, isStepOp, parseStep, STEP_OPS } from './step.ts';
