/**
 * @cowlab/experiments/check: a race under lanes. It loads no lab, so that a question about an order is answered at
 * once.
 */

export { checkRace, type CheckReport, chooseRaceLanes, DEFAULT_RACE_LANES, exportPromela, memoriesOf, type MendReport,
  mendsIn, type RaceLane, replayRace } from './check/check.ts';
