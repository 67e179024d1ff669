/** @cowlab/oracle: recordings of real kernels, the same programs on the model, and where the two differ. */

export { type Cause, causesOf } from './compare/causes.ts';
export { compareProgram, type ProgramComparison } from './compare/compare.ts';
export type { Divergence, DivergenceKind, Seen } from './compare/divergence.ts';
export { type Observation, OBSERVED_MAX, observedPages, type PageEntry, type Watched } from './compare/observation.ts';
export { Observer, type Sight } from './compare/observe.ts';
export { compareReleases, type Reporting, reportingOf } from './compare/reporting.ts';
export { type Conformance, conformSet, type ConformSettings } from './golden/conform.ts';
export { recordingHeader, type ZeroPage, zeroPageText } from './compare/zero-page.ts';
export { GoldenError } from './golden/golden-error.ts';
export { formatRecording, parseRecording, type RecordedProgram, type Recording } from './golden/golden.ts';
export { ModelCrash, runProgram } from './golden/run-program.ts';
export { FUZZ_KINDS, type FuzzKinds, fuzzProgram } from './programs/fuzz-program.ts';
export { randomProgram, type RandomProgramSettings } from './programs/random-programs.ts';
export { type Differs, shrink, type Shrunk } from './programs/shrink.ts';
