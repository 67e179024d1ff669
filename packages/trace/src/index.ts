export { parseAccesses, type StatedAccess } from './accesses.ts';
export type { InferredRegion, Role } from './images.ts';
export type {
  AddressRange,
  CallBase,
  CloneData,
  Iovec,
  MapFlags,
  MemoryCall,
  MmapData,
  MremapData,
  Prot,
  RegisterBuffersData,
} from './memory-call.ts';
export { formatMoment, type Moment } from './moment.ts';
export { parsePerfFaults, type FaultSample } from './perf-script.ts';
export type {
  AccessItem,
  CallItem,
  Certainty,
  PlanItem,
  PlannedTask,
  PlanNote,
  PlanSource,
  Registration,
  SetupItem,
  TracePlan,
} from './plan.ts';
export { replayRegistered } from './registered.ts';
export type {
  HoleAccess,
  PageAtFork,
  PageFate,
  PageLoss,
  PartialPage,
  RegisteredBuffer,
  RegisteredFork,
  RegisteredPage,
  RegisteredReport,
} from './registered-report.ts';
export { planReplay, type Recording } from './replay.ts';
export { runPlan, type Lane, type Mismatch, type RunOptions, type RunReport } from './run-plan.ts';
export { parseStrace } from './strace.ts';
export type {
  ExitedRecord,
  KilledRecord,
  SignalRecord,
  StraceRecord,
  SupersededRecord,
  SyscallRecord,
} from './strace-record.ts';
export type { Argument, Value } from './strace-value.ts';
export { interpret } from './syscalls.ts';
export { mergeTimeline, type TimelineEntry } from './timeline.ts';
export { TraceError, type TraceFault } from './trace-error.ts';
