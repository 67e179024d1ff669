/** @cowlab/runtime: a lab around a world, with its log, its event streams and its read models. */

export { type CostTally, isSingular, tally, tallyRuns } from './models/cost-rules.ts';
export { type CostCounters, type FaultCounts, NO_COSTS } from './models/cost-counters.ts';
export { addCosts, Costs, costsOf, isSyscall } from './models/costs.ts';
export { type CostClock, CostClockError, COUNTS } from './models/cost-clock.ts';
export { type EventSink, NO_SINK } from './event-sink.ts';
export { changedPtes, type PageRun, pagesOf } from './models/event-pages.ts';
export { type Finding, type FindingHazard, Findings } from './models/findings.ts';
export { lastChange, pageHistory, type PteChange, PteHistory } from './models/history.ts';
export { type Committed, type Followed, Lab, type LabOptions } from './lab.ts';
export { commandProblem, commandsProblem, resultProblem } from './log/command-shapes.ts';
export { eventProblem, eventsProblem } from './log/event-shapes.ts';
export type { FieldValues } from './log/shape.ts';
export { LogError } from './log/log-error.ts';
export type { LogSource, SavedLog, Snapshot } from './log/log-source.ts';
export { changesOf, countPages, findings, inMm, ofType, runningCosts } from './streams/operators.ts';
export { iterate } from './streams/iterate.ts';
export { type KeptStreams, streamsOf } from './streams/kept.ts';
export type { LeafRun } from './models/page-runs.ts';
export { type PageTableRow, pageTableView, type PageTableView } from './models/page-table-view.ts';
export { type Divergence, type DivergenceCause, type LedgerChange, PinLedger, type PinnedPage,
  type PinRecord } from './models/pin-ledger.ts';
export { project, Projection, type ReadModel } from './models/read-model.ts';
export { readLog, readLogSoFar } from './log/read-log.ts';
export { replay, type ReplayRange } from './log/replay.ts';
export { TimeTravel } from './log/time-travel.ts';
export { type TracepointListeners, Tracepoints } from './streams/tracepoints.ts';
export { formatLog, LogLines, LogWriter, writeLog } from './log/write-log.ts';
export { Unlogged } from './unlogged.ts';
export { type PinHolder, WorldView } from './world-view.ts';
