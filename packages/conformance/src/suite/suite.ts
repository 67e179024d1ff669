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
  const running = suiteSteps(suite, files, lanes, onScenario);
  for (;;) {
    const { done, value } = running.next();
    if (done === true) return value;
  }
}

/** The same, for whoever has something to do with the cells of each scenario; `known` ones are not run again. */
export function* suiteSteps(
  suite: string,
  files: readonly SuiteFile[],
  lanes: readonly Lane[],
  onScenario?: (id: string, done: number) => void,
  known: ReadonlyMap<string, readonly SuiteCell[]> = new Map(),
): Generator<SuiteStep, SuiteRun, undefined> {
  // Profiles that are the same kernel do the same: one run serves them all.
  const kinds = new Map<string, Lane>();
  for (const lane of lanes) if (!kinds.has(stackKey(lane))) kinds.set(stackKey(lane), lane);
  const keys = [...kinds.keys()];
  const cells: SuiteCell[] = [];
  for (const [done, { id, scenario }] of files.entries()) {
    const before = known.get(id);
    if (before !== undefined) {
      cells.push(...before);
      continue;
    }
    onScenario?.(id, done);
    const labs = compose([...kinds.values()], { geometry: X86_64 });
    const runs = labs.map((lab) => ran(scenario, lab));
    const own = lanes.map((lane): SuiteCell => {
      const failed = runs[keys.indexOf(stackKey(lane))](lane.name).filter(({ holds }) => !holds);
      const why = expectedFailure(scenario, lane.name)?.why ?? null;
      return { id, title: scenario.title ?? scenario.question, lane: lane.name,
        outcome: outcomeOf(failed.length > 0, why !== null), why, failed };
    });
    cells.push(...own);
    yield { id, cells: own };
  }
  return { kind: 'suite', suite, lanes: lanes.map(({ name }) => name),
    scenarios: files.map(({ id, scenario }) => ({ id, title: scenario.title ?? scenario.question,
      question: scenario.question })
    ), cells };
}

export interface SuiteStep {
  readonly id: string;
  readonly cells: readonly SuiteCell[];
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
