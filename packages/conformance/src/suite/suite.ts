/**
 * A suite on the model: every scenario on every lane, and whether its expectations hold there. A lane on which a known
 * defect is told must show it: an expected failure that does not come is as wrong as a failure that nobody expected.
 */
import { X86_64 } from '@cowlab/core';
import type { Lab } from '@cowlab/runtime';
import type { Scenario } from '@cowlab/scenario';
import { type ExpectationResult, expectedFailure, hazardsIn, judge, runScenario } from '@cowlab/trial';
import { compose, type Lane, stackKey } from '@cowlab/composition';
import type { SuiteFile } from './suite-files.ts';

/** `xpass`: all holds although a defect is told of the lane. */
export type SuiteOutcome = 'pass' | 'fail' | 'xfail' | 'xpass';
export const SUITE_OUTCOMES: readonly SuiteOutcome[] = ['pass', 'fail', 'xfail', 'xpass'];

export interface SuiteCell {
  readonly id: string;
  readonly title: string;
  readonly lane: string;
  readonly outcome: SuiteOutcome;
  /** The defect that is told of the lane; null where none is. */
  readonly why: string | null;
  /** Expectations that do not hold. */
  readonly failed: readonly ExpectationResult[];
}

export interface SuiteRun {
  readonly kind: 'suite';
  readonly suite: string;
  readonly lanes: readonly string[];
  readonly scenarios: readonly { readonly id: string; readonly title: string; readonly question: string }[];
  /** By scenario, then by lane. */
  readonly cells: readonly SuiteCell[];
}

/** `onScenario` is told which is about to run. */
export function runSuite(
  suite: string,
  files: readonly SuiteFile[],
  lanes: readonly Lane[],
  onScenario?: (id: string, done: number) => void,
): SuiteRun {
  // Profiles that are the same kernel do the same: one run serves them all.
  const kinds = new Map<string, Lane>();
  for (const lane of lanes) if (!kinds.has(stackKey(lane))) kinds.set(stackKey(lane), lane);
  const keys = [...kinds.keys()];
  const cells = files.flatMap(({ id, scenario }, done) => {
    onScenario?.(id, done);
    const labs = compose([...kinds.values()], { geometry: X86_64 });
    const runs = labs.map((lab) => ran(scenario, lab));
    return lanes.map((lane): SuiteCell => {
      const failed = runs[keys.indexOf(stackKey(lane))](lane.name).filter(({ holds }) => !holds);
      const why = expectedFailure(scenario, lane.name)?.why ?? null;
      return { id, title: scenario.title ?? scenario.question, lane: lane.name,
        outcome: outcomeOf(failed.length > 0, why !== null), why, failed };
    });
  });
  return { kind: 'suite', suite, lanes: lanes.map(({ name }) => name),
    scenarios: files.map(({ id, scenario }) => ({ id, title: scenario.title ?? scenario.question,
      question: scenario.question })
    ), cells };
}

export type SuiteFigures = Readonly<Record<SuiteOutcome, number>>;

export function suiteFigures(cells: readonly SuiteCell[]): SuiteFigures {
  const nr = { pass: 0, fail: 0, xfail: 0, xpass: 0 };
  for (const { outcome } of cells) nr[outcome]++;
  return nr;
}

function outcomeOf(fails: boolean, expected: boolean): SuiteOutcome {
  return fails ? (expected ? 'xfail' : 'fail') : expected ? 'xpass' : 'pass';
}

/** What is expected of a lane, judged on one run of its kernel. */
function ran(scenario: Scenario, lab: Lab): (lane: string) => readonly ExpectationResult[] {
  const run = runScenario(scenario, lab);
  const found = { hazards: hazardsIn(run.steps.flatMap(({ findings }) => findings)) };
  return (lane) => judge(scenario, run, found, lane);
}
