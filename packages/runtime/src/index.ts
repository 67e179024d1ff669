/** @cowlab/runtime: a lab around a world, with its log, its event streams and its read models. */

export { commandProblem, resultProblem } from './command-shapes.ts';
export { addCosts, type CostCounters, costsOf, type FaultCounts, NO_COSTS } from './costs.ts';
export { eventProblem } from './event-shapes.ts';
export { changedPtes, type PageRun, pagesOf } from './event-pages.ts';
export { type Finding, type FindingHazard, Findings } from './findings.ts';
export { lastChange, pageHistory, type PteChange, PteHistory } from './history.ts';
export { type Committed, Lab, type LabOptions } from './lab.ts';
export { LogError } from './log-error.ts';
export type { LogSource, SavedLog, Snapshot } from './log-source.ts';
export { changesOf, countPages, findings, inMm, ofType, runningCosts } from './operators.ts';
export type { LeafRun } from './page-runs.ts';
export { type PageTableRow, pageTableView, type PageTableView } from './page-table-view.ts';
export { type Divergence, type DivergenceCause, type LedgerChange, PinLedger, type PinnedPage, type PinRecord } from './pin-ledger.ts';
export { readLog } from './read-log.ts';
export { replay, type ReplayRange } from './replay.ts';
export { TimeTravel } from './time-travel.ts';
export { type TracepointListeners, Tracepoints } from './tracepoints.ts';
export { formatLog, writeLog } from './write-log.ts';
