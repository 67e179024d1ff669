export { scenario, type Claims, type ScenarioBuilder } from './builder.ts';
export { formatPrograms, formatScenario } from './format.ts';
export { POOL_DEFAULT } from './operand.ts';
export { parsePrograms, parseScenario } from './parse.ts';
export { ERRNOS } from './program.ts';
export type { Advice, Assertion, Errno, Expectation, HazardId, MapKind, Program, Prot } from './program.ts';
export type { Scenario, Signal, Step, StepOf, StepOp, StepResult } from './program.ts';
export { ScenarioError } from './scenario-error.ts';
export { formatStep, isStepOp, STEP_OPS } from './step.ts';
