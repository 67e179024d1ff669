/** @cowlab/composition/check: races alone. It loads no lab, so that a question about an order is answered at once. */

export { checkRace, type CheckReport, chooseRaceLanes, DEFAULT_RACE_LANES, exportPromela, memoriesOf, type RaceLane, replayRace } from './check.ts';
export { openWorkplace } from './config.ts';
export type { Workplace } from './workplace.ts';
export { galleryNames, readRace } from './races.ts';
export { type CheckOptions, diagram, explain, formatVerdict, type Memory, MEMORIES, mermaid, perfetto, type Progress, type Race, SPECS, type Trail } from '@cowlab/checker';
