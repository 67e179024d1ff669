/** @cowlab/conformance: what a kernel and the model say of the same program. */

export { type FuzzHere, fuzzHere, type FuzzRequest, laneJudge } from './fuzz/fuzz-here.ts';
export { conform, type ConformRequest, emittedRecording, type KernelConformance, profileOf, readPrograms,
  readRecordingOfKernel } from './golden/conform.ts';
export { checkSum, readSums, SUMS } from './golden/sums.ts';
export { fetchKernels, kernelFetched, type KernelRecording, type KernelRecordRequest, type KernelsAvailable,
  kernelsAvailable, kernelsFetched, type KernelsRequest, recordOnKernel, whyNotBoot } from './kernels/kernels.ts';
export { type LiveCase, liveCase, readLiveCases } from './live/live-cases.ts';
export { LiveConform, type LiveConformSettings, type LiveMeeting, type LiveVerdict } from './live/live-conform.ts';
export { liveResult } from './live/live-result.ts';
export { type RecordedHere, recordHere, whyNotRecord } from './live/record-here.ts';
export { junit } from './report/junit.ts';
export { ktapHead, ktapResult, ktapSuites, ktapTail } from './report/ktap.ts';
export { joined, tally, type TestResult, type TestSuite } from './report/test-result.ts';
export { stormHere, whyNotStorm } from './storm/storm-here.ts';
export { stormResults } from './storm/storm-result.ts';
export { readSuite, type SuiteFile, suiteNames } from './suite/suite-files.ts';
export { runSuite, SUITE_OUTCOMES, type SuiteCell, suiteFigures, type SuiteFigures, type SuiteOutcome, type SuiteRun,
  suiteSteps, type SuiteStep } from './suite/suite.ts';
export { type MachineHealth, machineHealth, mendMachine } from './machine-health.ts';
