export { parseAccesses, statesAll, type StatedAccess } from './timeline/accesses.ts';
export type { InferredRegion, Role } from './space/images.ts';
export type { AddressRange, CallBase, CloneData, Iovec, MapFlags, MemoryCall, MmapData, MremapData, Prot,
  RegisterBuffersData } from './calls/memory-call.ts';
export { formatMoment, type Moment } from './moment.ts';
export { FAULT, parsePerfFaults, readPerfFaults, type FaultSample, type PerfReading } from './perf/perf-script.ts';
export type { AccessItem, CallItem, Certainty, PlanItem, PlannedTask, PlanNote, PlanSource, Registration, SetupItem,
  TracePlan } from './plan/plan.ts';
export { RegisteredPages, registeredSteps, replayRegistered } from './replay/registered.ts';
export type { HoleAccess, PageAtFork, PageFate, PageLoss, PartialPage, RegisteredBuffer, RegisteredFork, RegisteredPage,
  RegisteredReport } from './report/registered-report.ts';
export { planReplay, type Recording } from './plan/plan-replay.ts';
export { runPlan, type Lane, type Mismatch, type RunOptions, type RunReport } from './replay/run-plan.ts';
export type { RecordSink } from './strace/call-books.ts';
export { parseStrace, readStrace } from './strace/strace.ts';
export { type ReaderOptions, StraceReader } from './strace/strace-reader.ts';
export { joinFiles, type StraceFile } from './strace/strace-files.ts';
export type { StraceReading, UnreadLine } from './strace/strace-reading.ts';
export type { ExitedRecord, KilledRecord, SignalRecord, StraceRecord, SupersededRecord,
  SyscallRecord } from './strace/strace-record.ts';
export type { Argument, Value } from './strace/strace-value.ts';
export { callOf, interpret } from './calls/syscalls.ts';
export { field, iovecsIn } from './calls/call-arguments.ts';
export { flagNames, IORING_REGISTER, MAP, MSG, OPEN, PROT, valueName } from './calls/flag-numbers.ts';
export { type Region, Regions } from './space/regions.ts';
export { mergeTimeline, type TimelineEntry } from './timeline/timeline.ts';
export { TraceError, type TraceFault } from './trace-error.ts';
