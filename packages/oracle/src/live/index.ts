/** @cowlab/oracle/live: the kernel of this machine as the judge. The only part of the package that needs Node, and root. */

export { type LiveHeader, whyNoAgent, whyNotLive } from './agent.ts';
export { type LiveCan, limitsOf, missingFor, missingForRecordings, zeroPageOf } from './can.ts';
export { fuzz, type FuzzFinding, type FuzzProgress, type FuzzReport, type FuzzSettings } from './fuzz.ts';
export { type Cell, knownCells } from './fuzz-cells.ts';
export type { Coverage } from './fuzz-coverage.ts';
export { type Asked, type Judge, type Judged, judgeUnder } from './fuzz-judge.ts';
export { type FuzzKernel, type KernelAnswer, LiveKernel } from './fuzz-kernel.ts';
export { FUZZ_KINDS, type FuzzKinds, fuzzProgram } from './fuzz-program.ts';
export { differenceLines, type FindingOrigin, type SavedFinding, savedFinding } from './fuzz-save.ts';
export { type Differs, shrink, type Shrunk } from './fuzz-shrink.ts';
export { type JudgeThreads, judgeThreads, serveJudge } from './fuzz-workers.ts';
export { type Available, availableKernels, type ListSettings } from './kernels/apt.ts';
export { type Distribution, distribution, DISTRIBUTIONS } from './kernels/distribution.ts';
export { type GuestSettings, whyNoGuest } from './kernels/guest.ts';
export { chooseKernel, type Kernel, NEWEST, newestOfSeries, seriesOf } from './kernels/kernel.ts';
export type { KernelPackage } from './kernels/package-list.ts';
export { type Place, placeOf } from './kernels/place.ts';
export type { Accelerator } from './kernels/qemu.ts';
export { type GuestRecording, recordKernel } from './kernels/record.ts';
export { type FetchedKernel, fetchedKernels, fetchKernels } from './kernels/store.ts';
export { LiveError } from './live-error.ts';
export { LiveMachine, type LiveRun } from './live-machine.ts';
export { sighted } from './raw.ts';
export { randomProgram, type RandomProgramSettings } from './random-programs.ts';
export { isStorm, runStorm, type StormCount, type StormMissing, type StormReport, type StormSettings, whyNoStorm } from './storm.ts';
export { type LiveProgram, type LiveRecording, recordLive } from './record.ts';
