/**
 * The instrument: one scenario under several lanes, and what became of it in each. Every lane has a machine of its own;
 * they share the text of the program and nothing else.
 */
import { type Event, type Result, X86_64 } from '@cowlab/core';
import type { CostCounters, Finding } from '@cowlab/runtime';
import { formatStep, type Scenario } from '@cowlab/scenario';
import { compose, type Lane } from '@cowlab/composition';
import { drained, type Moment, stepsOf } from './moments.ts';
import { copiedAtFork, type ExpectationResult, expectationTexts, hazardsIn, judge, lookAtPages, type Parting, partingOf,
  pinLook, type PinnedPage, type RanStep, saidOf, type ScenarioRun, scenarioSteps } from '@cowlab/trial';

export interface StepReport {
  readonly text: string;
  /** Of the scenario's text. */
  readonly line: number;
  /** `ok`, or the errno or signal. */
  readonly result: string;
  readonly value: number | null;
  /** As the log has them. */
  readonly events: readonly Event[];
}

export interface PinReport {
  readonly slot: number;
  readonly p: number;
  readonly r: number;
  /** False: it was given back; the pages are as they stood just before. */
  readonly held: boolean;
  readonly pages: readonly PinnedPage[];
}

/** What one process sees of the watched pages of one region: bytes, or the signal that a load brings. */
export interface SeenReport {
  readonly p: number;
  readonly r: number;
  readonly pages: readonly { readonly page: number; readonly seen: number | string }[];
}

export interface ScenarioFinding extends Finding {
  /** Index of the step that brought it about, and its line. */
  readonly step: number;
  readonly line: number;
}

export interface LaneReport {
  readonly lane: string;
  /** Ids, bottom first. */
  readonly policies: readonly string[];
  readonly steps: readonly StepReport[];
  readonly pins: readonly PinReport[];
  readonly sees: readonly SeenReport[];
  /** Ids of all findings, ascending, each once. */
  readonly hazards: readonly string[];
  readonly findings: readonly ScenarioFinding[];
  readonly pagesCopiedAtFork: number;
  readonly costs: CostCounters;
  readonly expectations: readonly ExpectationResult[];
}

export interface ScenarioComparison {
  readonly kind: 'scenario';
  readonly name: string;
  readonly title: string | null;
  readonly question: string;
  readonly lanes: readonly LaneReport[];
  /** Every lane but the first, with the first; null where the logs are the same. */
  readonly partings: readonly (Parting | null)[];
  /** Expectations of lanes that were not run, as written. */
  readonly unasked: readonly string[];
}

/** `onLane` is told what is about to run. */
export function compareScenario(
  scenario: Scenario,
  lanes: readonly Lane[],
  onLane?: (lane: Lane) => void,
): ScenarioComparison {
  return drained(comparisonSteps(scenario, lanes), (moment) => {
    if (moment.kind === 'lane') onLane?.(moment.lane);
  });
}

export function* comparisonSteps(
  scenario: Scenario,
  lanes: readonly Lane[],
): Generator<Moment, ScenarioComparison, undefined> {
  const labs = compose(lanes, { geometry: X86_64 });
  const runs: ScenarioRun[] = [];
  for (const [at, lane] of lanes.entries()) {
    yield { kind: 'lane', lane, lab: labs[at] };
    runs.push(yield* stepsOf(scenarioSteps(scenario, labs[at])));
    yield { kind: 'end' };
  }
  const logs = runs.map((run, at) => ({ name: lanes[at].name, steps: run.steps.map(({ entries }) => entries) }));
  return { kind: 'scenario', name: scenario.name, title: scenario.title ?? null, question: scenario.question,
    lanes: runs.map((run, at) => reportLane(scenario, run, lanes[at])),
    partings: logs.slice(1).map((log) => partingOf(logs[0], log)),
    unasked: expectationTexts(scenario).filter((_, at) =>
      !lanes.some(({ name }) => saidOf(scenario.expects[at], name))
    ) };
}

/** Also used for one lane alone. */
export function reportLane(scenario: Scenario, run: ScenarioRun, lane: Lane): LaneReport {
  const findings = run.steps.flatMap(({ line, findings: found }, step) =>
    found.map((finding) => ({ ...finding, step, line }))
  );
  const hazards = hazardsIn(findings);
  return { lane: lane.name, policies: run.lab.policies, steps: run.steps.map(reportStep), pins: reportPins(run),
    sees: reportSeen(scenario, run), hazards, findings, pagesCopiedAtFork: copiedAtFork(run), costs: run.lab.costs,
    expectations: judge(scenario, run, { hazards }, lane.name) };
}

export function reportStep({ step, line, outcome, entries }: RanStep): StepReport {
  return { text: formatStep(step), line, result: outcome.ok ? 'ok' : outcome.errno,
    value: outcome.ok ? outcome.value : null, events: entries.flatMap(({ events }) => events) };
}

function reportPins(run: ScenarioRun): PinReport[] {
  const slots = new Set([...run.released.keys(), ...run.driver.pins.keys()]);
  return [...slots].sort((a, b) => a - b).flatMap((slot) => {
    const look = pinLook(run, slot);
    return look === null ? [] : [{ slot, held: run.driver.pins.has(slot), ...look }];
  });
}

function reportSeen({ program }: Scenario, { lab, driver }: ScenarioRun): SeenReport[] {
  const watched = [...driver.processes].sort((a, b) => a - b).flatMap((p) =>
    Object.entries(program.watch).map(([r, pages]) => ({ p, r: Number(r), pages }))
  );
  const loads = watched.flatMap(({ p, r, pages }) =>
    pages.map((page) => ({ task: p, vpn: driver.regionStart(r) + page }))
  );
  const seen = lookAtPages(lab, loads)[Symbol.iterator]();
  const next = (): number | string => {
    const result = seen.next().value as Result;
    return result.ok ? result.value : result.errno;
  };
  return watched.map(({ p, r, pages }) => ({ p, r, pages: pages.map((page) => ({ page, seen: next() })) }));
}
