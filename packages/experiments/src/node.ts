/** @cowlab/experiments/node: races, situations and recordings, read from files. */

export { type Estimate, estimateOf } from './measures/estimate.ts';
export { randomOf } from './sweep/random.ts';
export { galleryNames, readRace } from './node/races.ts';
export { readRecording } from './node/read-recording.ts';
export { readSituations } from './node/read-situations.ts';
export type { KeptCells, SweepHead } from './node/results-file.ts';
export { type SweepDone, sweepFile, type SweepFileOptions, type SweepProgress } from './node/sweep-file.ts';
export { hashOf, planFrom, type SweepSource } from './node/sweep-source.ts';
