export { Driver } from './drive.ts';
export { scenario, type Claims, type ScenarioBuilder } from './builder.ts';
export { FOLIO_SIZES, FOLIO_ORDERS, type FolioSize, type MachineSettings, MTHP_MODES, type MthpMode, parseSettings,
  settingLines, settingsOver, THP_MODES, type ThpMode, withSettings } from './machine-settings.ts';
export { formatPrograms, formatScenario } from './format.ts';
export { type Advice, type Errno, ERRNOS, type MapKind, POOL_DEFAULT, type Prot, type Signal, type Snapshot,
  type StepResult, type Term } from './operand.ts';
export { faultOf, FAULTS_MAX, keepsWhatExists, parsePrograms, parseScenario, scenarioFaults } from './parse.ts';
export type { Assertion, Expectation, ExpectedFailure, HazardId, Program, Scenario } from './program.ts';
export { meant, quoted, ScenarioError } from './scenario-error.ts';
export { Cursor, type Line, linesOf } from './cursor.ts';
export { formatStep, isStepOp, parseStep } from './step.ts';
export { ASSERTION_TERMS, CLAIM_TERMS, HEAD_TERMS, operandName, STEP_TERMS, valuesOf } from './vocabulary.ts';
export type { Slot, StepOutcome } from './words/controller.ts';
export type { Effect, Facts } from './words/word.ts';
export { factsOf, type Step, STEP_OPS, type StepOf, type StepOp } from './words/words.ts';
export { ADVICES, KINDS, PIN_STATES, PROTS, SNAPSHOTS } from './words/values.ts';
