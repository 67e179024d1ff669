/** Which step came right behind which: a way to tell programs apart that no branch of the model knows of. */
import type { Program, Step } from '@cowlab/scenario';

export const PAIR = 'pair ';

/** `pair fork write`, each once. */
export function stepPairs({ steps }: Program): ReadonlySet<string> {
  return new Set(steps.slice(1).map((step, at) => `${PAIR}${wordOf(steps[at])} ${wordOf(step)}`));
}

export const wordOf = (step: Step): string => (step.op === 'mmap' ? `mmap-${step.kind}` : step.op);
