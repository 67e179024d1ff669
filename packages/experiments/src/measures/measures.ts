/**
 * What a run is measured by: a name of those below, a fold of the run's log, or a function of the run. Everything is a
 * number, so that repeats have a mean.
 */
import type { LogEntry } from '@cowlab/core';
import { HAZARDS } from '@cowlab/plugin-api';
import { didYouMean } from '@cowlab/prose';
import { type CostCounters, type Finding, NO_COSTS, pagesOf } from '@cowlab/runtime';
import type { Scenario } from '@cowlab/scenario';
import { type ExpectationResult, hazardsIn, judge, type PinnedPageState, pinLook,
  type ScenarioRun } from '@cowlab/trial';
import { SweepError } from '../sweep/sweep-error.ts';

/** One finished run, with what is asked of it worked out when it is asked for. */
export class MeasuredRun {
  private held: readonly ExpectationResult[] | null = null;

  constructor(readonly lane: string, readonly scenario: Scenario, readonly run: ScenarioRun) {}

  get log(): readonly LogEntry[] {
    return this.run.lab.log;
  }

  get costs(): CostCounters {
    return this.run.lab.costs;
  }

  get findings(): readonly Finding[] {
    return this.run.steps.flatMap(({ findings }) => findings);
  }

  get expectations(): readonly ExpectationResult[] {
    return (this.held ??= judge(this.scenario, this.run, { hazards: hazardsIn(this.findings) }, this.lane));
  }

  /** Pages that pins hold or held when they were given back, by what became of them. */
  pinned(state: PinnedPageState): number {
    const slots = new Set([...this.run.released.keys(), ...this.run.driver.pins.keys()]);
    return [...slots].flatMap((slot) => pinLook(this.run, slot)?.pages ?? []).filter((page) => page.state === state)
      .length;
  }
}

/** A fold of the event log: `step` once for each command, `end` makes a number of what it came to. */
export interface Fold<S> {
  readonly start: S;
  readonly step: (state: S, entry: LogEntry) => S;
  readonly end: (state: S) => number;
}

export type MeasureFunction = (run: MeasuredRun) => number;
type Leaves<T> = { [K in keyof T & string]: T[K] extends number ? K : `${K}.${keyof T[K] & string}` }[keyof T & string];
export type CounterName = Leaves<CostCounters>;
export type PinName = `pins.${PinnedPageState}`;
export type MeasureName = CounterName | PinName | keyof typeof HAZARDS | `events.${string}` | 'hazards' | 'lost'
  | 'refused' | 'pagesUsed' | 'expectations.held' | 'expectations.failed';

/** A fold over states of one type; nothing happens here but that the types meet. */
export function fold<S>(start: S, step: Fold<S>['step'], end: Fold<S>['end']): MeasureFunction {
  return ({ log }) => end(log.reduce(step, start));
}

const COUNTERS: readonly string[] = Object.entries(NO_COSTS).flatMap(([name, value]) =>
  typeof value === 'number' ? [name] : Object.keys(value as object).map((part) => `${name}.${part}`)
);

const STATES: readonly PinnedPageState[] = ['coherent', 'diverged', 'unmapped', 'owner-gone'];

const OTHERS: Readonly<Record<string, readonly [text: string, of: MeasureFunction]>> = {
  hazards: ['findings of any hazard', ({ findings }) => findings.length],
  lost: ['pinned pages whose device works on a page that the owner does not see',
    (run) => run.pinned('diverged') + run.pinned('unmapped')],
  refused: ['steps that came to an errno or a signal',
    ({ run: { steps } }) => steps.filter(({ outcome }) => !outcome.ok).length],
  pagesUsed: ['base pages in use in the end', ({ run }) => run.lab.world.pagesUsed],
  'expectations.held': ['expectations that hold',
    ({ expectations }) => expectations.filter(({ holds }) => holds).length],
  'expectations.failed': ['expectations that fail',
    ({ expectations }) => expectations.filter(({ holds }) => !holds).length],
  ...Object.fromEntries(STATES.map((state): [string, readonly [string, MeasureFunction]] => [`pins.${state}`, [
    `pinned pages that are ${state} in the end`,
    (run) => run.pinned(state),
  ]])),
  ...Object.fromEntries(Object.entries(HAZARDS).map(([id, text]): [string, readonly [string, MeasureFunction]] => [id, [
    `findings of ${id}: ${text}`,
    ({ findings }) => findings.filter(({ hazard }) => hazard === id).length,
  ]])),
};

/** Name and meaning of everything that needs no code of one's own. */
export function measureNames(): readonly (readonly [name: string, text: string])[] {
  return [...COUNTERS.map((name) => [name, 'a counter of costs'] as const),
    ...Object.entries(OTHERS).map(([name, [text]]) => [name, text] as const), ['events.TYPE',
    'pages that events of the type cover, such as events.CowBroken']];
}

/** @throws SweepError for a name that nothing goes by */
export function measureOf(name: string): MeasureFunction {
  if (Object.hasOwn(OTHERS, name)) return OTHERS[name][1];
  if (COUNTERS.includes(name)) {
    const [group, part] = name.split('.');
    return ({ costs }) => {
      const value = (costs as unknown as Record<string, number | Record<string, number>>)[group];
      return typeof value === 'number' ? value : value[part];
    };
  }
  const [, type] = /^events\.([A-Z]\w+)$/.exec(name) ?? [];
  if (type !== undefined) {
    return ({ log, run: { lab } }) =>
      log.flatMap(({ events }) => events).filter((event) => event.type === type)
        .reduce((sum, event) => sum + pagesOf(event, lab.geometry), 0);
  }
  const near = didYouMean(name, [...COUNTERS, ...Object.keys(OTHERS)]);
  throw new SweepError(`measure '${name}'`, 'there is no such measure',
    near.startsWith('known') ? 'cowlab sweep --help lists them' : near);
}
