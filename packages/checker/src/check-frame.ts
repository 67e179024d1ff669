/** What every engine's search or walk comes to, and how an answer is made of it: the same under each memory model. */
import { type Policy, PolicyError } from '@cowlab/core';
import type { CheckResult } from './check-result.ts';
import type { Question } from './race/question.ts';
import type { BrokenSpec } from './race/specs.ts';
import { coarseSteps } from './search/between.ts';
import type { Trail } from './trail/trail.ts';

export interface Found<Way> {
  readonly schedule: readonly Way[];
  readonly broken: readonly BrokenSpec[];
}

export interface Came<Way> {
  readonly found: Found<Way> | null;
  /** Everything reachable was looked at, and somebody came to an end. */
  readonly complete: boolean;
  readonly counts: Pick<CheckResult, 'states' | 'transitions' | 'depth' | 'finals' | 'passes' | 'bytes'>;
}

export const WALKS = 1000;
/** Longer than any that ends. */
export const LONGEST_WALK = 20_000;

export const deadlineOf = (maxSeconds: number | undefined): number =>
  maxSeconds === undefined ? Infinity : Date.now() + maxSeconds * 1000;

/** Safe of every order of these steps; and of the kernel's where nobody can come between what they hide. */
export function answerOf<Way>(
  { automaton }: Question,
  { found, complete, counts }: Came<Way>,
  trailOf: (found: Found<Way>) => Trail,
): CheckResult {
  const coarse = coarseSteps(automaton);
  if (found !== null)
    return { ...counts, verdict: 'broken', exhaustive: false, broken: found.broken, coarse, trail: trailOf(found) };
  const isWhole = complete && coarse.every(({ between }) => between.length === 0);
  return { ...counts, verdict: isWhole ? 'safe' : 'bounded', exhaustive: complete, broken: [], coarse, trail: null };
}

/** What is broken is broken again when somebody else asks the race and takes the same way. */
export function confirmed(trail: Trail, policy: Policy, again: (schedule: string) => Trail): Trail {
  if (JSON.stringify(again(trail.schedule).broken) === JSON.stringify(trail.broken)) return trail;
  throw new PolicyError(policy.ids.at(-1) ?? 'naive', 'onForkPage',
    `leads to another end when the same order is run again (${trail.schedule})`);
}
