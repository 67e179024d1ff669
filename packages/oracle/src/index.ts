/** @cowlab/oracle: recordings of real kernels, the same programs on the model, and where the two differ. */

export { type Observation, OBSERVED_MAX, observedPages, type PageEntry, type Watched } from './observation.ts';
export { Observer, type Sight } from './observe.ts';
export { compareReleases, type Reporting, reportingOf } from './reporting.ts';
export { runProgram } from './run-program.ts';
