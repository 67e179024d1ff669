/**
 * One program that a kernel has run: does the model do the same, and which of its branches did it take? Knows no Node,
 * so it runs in any thread.
 */
import type { Policy } from '@cowlab/core';
import type { Program } from '@cowlab/scenario';
import { compareProgram } from '../compare/compare.ts';
import { ran } from '../golden/conform.ts';
import type { Divergence } from '../compare/divergence.ts';
import type { Observation } from '../compare/observation.ts';
import type { Reporting } from '../compare/reporting.ts';
import type { Cell } from './fuzz-cells.ts';
import { CoverageWatch } from './fuzz-coverage.ts';

export interface Asked {
  readonly program: Program;
  /** What the kernel did. */
  readonly observations: readonly Observation[];
  /** Run it once more step by step, to see which atomic steps it takes. */
  readonly inSteps: boolean;
}

export interface Judged {
  readonly divergence: Divergence | null;
  readonly reporting: Divergence | null;
  readonly reached: readonly Cell[];
}

export type Judge = (asked: Asked) => Promise<Judged>;

/** @throws PolicyError */
export function judgeUnder(policy: Policy, reporting: Reporting): (asked: Asked) => Judged {
  const watch = new CoverageWatch(policy);
  return ({ program, observations, inSteps }) => {
    const model = ran(SET, program, watch.policy, reporting, watch.inSteps(false));
    const compared = compareProgram(SET, program, observations, model.observations);
    if (inSteps) ran(SET, program, watch.policy, reporting, watch.inSteps(true));
    return { divergence: compared.divergence ?? model.crash, reporting: compared.reporting,
      reached: [...watch.take()] };
  };
}

const SET = 'fuzz';
