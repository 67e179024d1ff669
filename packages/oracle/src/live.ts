/** @cowlab/oracle/live: the kernel of this machine as the judge. It needs Node, and root for all it can see. */

export { type LiveHeader, whyNoAgent, whyNotLive } from './live/agent.ts';
export { limitsOf, type LiveCan, missingFor, missingForRecordings, zeroPageOf } from './live/can.ts';
export { type CostKind, type CostMissing, measureCost, runSnapshot, type SnapshotRun,
  whyNoCosts } from './live/costs.ts';
export { LiveError } from './live/live-error.ts';
export { LiveMachine, type LiveRun } from './live/live-machine.ts';
export { sighted } from './live/raw.ts';
export { type LiveProgram, type LiveRecording, recordLive } from './live/record-live.ts';
export { isStorm, runStorm, type StormCount, type StormMissing, type StormReport, type StormSettings,
  whyNoStorm } from './live/storm.ts';
export { keptPrograms, type KeptPrograms, removeSpoiled } from './live/kept-programs.ts';
export { readUndoRecord, type SettingName, SETTINGS, settingOf, undo, type UndoRecord } from './live/undo-record.ts';
