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
export { parsePerfFaults, type FaultSample } from './perf-script.ts';
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
export { TraceError, type TraceFault } from './trace-error.ts';
