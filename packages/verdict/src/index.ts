/** @cowlab/verdict: is this program's fork() safe with these pinned pages: on which kernel, and at what cost. */

export { type Claim, exitOf, type HazardId, type KernelVerdict, type Lint, type Word } from './hazards/claims.ts';
export { factsOf, type KernelFacts } from './hazards/kernel-facts.ts';
export { Listener, type Told } from './story/listener.ts';
export { tellStory } from './story/story.ts';
export { type Verdict, type VerdictInput, verdictOn } from './verdict.ts';
export { documentOf, type VerdictDocument } from './report/document.ts';
export { verdictText } from './report/text.ts';
export { inspect, type Inspection } from './inspect/smaps.ts';
export { releaseOf } from './coverage/recorded-on.ts';
export { damaged, type DamageKind, DAMAGES, NOTICEABLE, pick, randomOf } from './audit/damage.ts';
