/** @cowlab/experiments/node: races, situations and recordings, read from files. */

export { galleryNames, readRace } from './node/races.ts';
export { readRecording } from './node/read-recording.ts';
export { readSituations } from './node/read-situations.ts';
