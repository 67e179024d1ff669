/** @cowlab/oracle: recordings of real kernels, the same programs on the model, and where the two differ. */

export { type Cause, causesOf } from './causes.ts';
export { compareProgram, type ProgramComparison } from './compare.ts';
export { type Conformance, type ConformSettings, conformSet } from './conform.ts';
export type { Divergence, DivergenceKind, Seen } from './divergence.ts';
export { formatRecording, parseRecording, type RecordedProgram, type Recording } from './golden.ts';
export { GoldenError } from './golden-error.ts';
export { type Observation, OBSERVED_MAX, observedPages, type PageEntry, type Watched } from './observation.ts';
export { Observer, type Sight } from './observe.ts';
export { compareReleases, type Reporting, reportingOf } from './reporting.ts';
export { ModelCrash, runProgram } from './run-program.ts';
export { recordingHeader, type ZeroPage, zeroPageText } from './zero-page.ts';
