/** @cowlab/verdict: is this program's fork() safe with these pinned pages: on which kernel, and at what cost. */

export { type Claim, exitOf, type HazardId, type KernelVerdict, type Lint, type Word } from './hazards/claims.ts';
export { factsOf, type KernelFacts } from './hazards/kernel-facts.ts';
export { Listener, type Told } from './story/listener.ts';
export { tellStory } from './story/story.ts';
export { kernelOf, type OpenedRecording, openRecording, type Verdict, type VerdictInput, verdictOn,
  type VerdictOptions } from './verdict.ts';
export type { FaultAudit, UnexplainedFault } from './audit/fault-audit.ts';
export { type Difference, MODEL_BROKE, type Replay } from './replay/replay.ts';
export { documentOf, type VerdictDocument } from './report/document.ts';
export { perfettoOf, type PerfettoReplay } from './report/perfetto.ts';
export { verdictText } from './report/text.ts';
export { inspect, type Inspection } from './inspect/smaps.ts';
export { releaseOf } from './coverage/recorded-on.ts';
export { damaged, type DamageKind, DAMAGES, NOTICEABLE, pick, randomOf } from './audit/damage.ts';
export { type CostProfile, forkTime, type Interval, readCostProfile, SHIPPED_COSTS } from './costs/profile.ts';
export { project, type Projection, type ProjectInput, uniquePages } from './costs/project.ts';
export { fromRedis, fromSmaps } from './costs/sources.ts';
export { spreadOf } from './costs/spread.ts';
