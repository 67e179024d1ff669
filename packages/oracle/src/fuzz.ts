/** @cowlab/oracle/fuzz: random programs on a kernel and on the model. */

export { type Cell, knownCells } from './fuzz/fuzz-cells.ts';
export type { Coverage } from './fuzz/fuzz-coverage.ts';
export { type Asked, type Judge, type Judged, judgeUnder } from './fuzz/fuzz-judge.ts';
export { type FuzzKernel, type KernelAnswer, LiveKernel, type OpenKernel } from './fuzz/fuzz-kernel.ts';
export { GuestKernel } from './fuzz/guest-kernel.ts';
export { differenceLines, type FindingOrigin, type SavedFinding, savedFinding } from './fuzz/fuzz-save.ts';
export { judgeThreads, type JudgeThreads, serveJudge } from './fuzz/fuzz-workers.ts';
export { fuzz, lookOf, type FuzzFinding, type FuzzProgress, type FuzzReport, type FuzzSettings,
  type TakenProgram } from './fuzz/fuzz.ts';
