/**
 * Whether what a scenario expects came true under one lane. An expectation that names lanes is said of those alone; `*`
 * is said of every lane.
 */
import { type Event, hugePages } from '@cowlab/core';
import { costsOf } from '@cowlab/runtime';
import { type Assertion, type Expectation, formatScenario, type Scenario } from '@cowlab/scenario';
import { lookAtPage } from './pinned-pages.ts';
import { pinLook, type ScenarioRun } from './scenario-run.ts';
import { stormLook } from './storm-look.ts';

export interface ExpectationResult {
  readonly lane: string;
  /** Line of the scenario's text. */
  readonly line: number;
  readonly text: string;
  readonly holds: boolean;
  /** What came of it, in the words of the assertion. */
  readonly actual: string;
}

/** What read models say of a run; expectations on leaks and hazards are about these. */
export interface Found {
  /** Hazard ids, ascending, each once. */
  readonly hazards: readonly string[];
}

export function saidOf({ lanes }: Expectation, lane: string): boolean {
  return lanes === '*' || lanes.includes(lane);
}

/** Those expectations that are said of `lane`. */
export function judge(scenario: Scenario, run: ScenarioRun, found: Found, lane: string): ExpectationResult[] {
  const texts = expectationTexts(scenario);
  return scenario.expects.flatMap((expectation, at) => (saidOf(expectation, lane)
    ? [{ lane, line: expectation.line, text: texts[at], ...verdict(run, found, expectation.assertion) }]
    : [])
  );
}

/** As the scenario's text has them, which ends with its expectations. */
export function expectationTexts(scenario: Scenario): string[] {
  return formatScenario(scenario).trimEnd().split('\n').slice(-scenario.expects.length || Infinity);
}

type Verdict = Pick<ExpectationResult, 'holds' | 'actual'>;

const equal = (wanted: number | string, seen: number | string): Verdict => ({ holds: wanted === seen,
  actual: String(seen) });

function verdict(run: ScenarioRun, { hazards }: Found, a: Assertion): Verdict {
  const { world } = run.lab;
  switch (a.is) {
    case 'pin-coherent':
    case 'pin-diverged':
      return pinVerdict(run, a);
    case 'leak':
      return { holds: hazards.includes('H4'), actual: hazards.includes('H4') ? 'leak' : 'no-leak' };
    case 'no-leak':
      return { holds: !hazards.includes('H4'), actual: hazards.includes('H4') ? 'leak' : 'no-leak' };
    case 'hazards':
      return equal(a.ids.join(' ') || 'none', hazards.join(' ') || 'none');
    case 'value': {
      const seen = lookAtPage(run.lab, a.p, run.driver.regionStart(a.r) + a.page);
      return equal(a.seen, seen.ok ? seen.value : seen.errno);
    }
    case 'device': {
      const page = pinLook(run, a.slot)?.pages.find((pinned) => pinned.page === a.page);
      return page === undefined
        ? { holds: false, actual: `pin ${a.slot} does not hold the page` }
        : equal(a.value, page.value);
    }
    case 'pipe':
      return pipeVerdict(run, a);
    case 'copied': {
      const nr = copiedAtFork(run);
      return { holds: a.atLeast ? nr >= a.nr : nr === a.nr, actual: String(nr) };
    }
    case 'step': {
      const { outcome } = run.steps[a.index];
      return equal(a.result, outcome.ok ? 'ok' : outcome.errno);
    }
    case 'mapcount': {
      const mm = world.isTaskLive(a.p) ? run.mms.get(a.p) : undefined;
      if (mm === undefined) return { holds: false, actual: `process ${a.p} is gone` };
      return equal(a.count, world.page(mm, run.driver.regionStart(a.r) + a.page).mapcount);
    }
    case 'walked':
      return equal(a.count, costsOf(run.steps[a.index].entries, run.lab.geometry).ptesVisited);
    case 'storm': {
      const { snapshot, actual } = stormLook(run);
      return { holds: a.snapshot === snapshot, actual };
    }
    case 'split':
      return { holds: splitAtFork(run), actual: splitAtFork(run) ? 'split' : 'no-split' };
    case 'no-split':
      return { holds: !splitAtFork(run), actual: splitAtFork(run) ? 'split' : 'no-split' };
  }
}

/** A pin diverged when its device and its owner look at different pages, or the owner has none there. */
function pinVerdict(run: ScenarioRun, a: Extract<Assertion, { slot: number; is: `pin-${string}` }>): Verdict {
  const look = pinLook(run, a.slot);
  if (look === null) return { holds: false, actual: 'the pin was refused' };
  const apart = look.pages.filter(({ state }) => state === 'diverged' || state === 'unmapped').map(({ page }) => page);
  const gone = look.pages.some(({ state }) => state === 'owner-gone');
  const actual = gone ? 'its owner is gone' : apart.length === 0 ? 'coherent' : `diverged ${apart.join(' ')}`;
  if (a.is === 'pin-coherent') return { holds: !gone && apart.length === 0, actual };
  // Pages that are named are all that may have diverged.
  const wanted = [...a.pages].sort((x, y) => x - y);
  return { holds: apart.length > 0 && (wanted.length === 0 || wanted.join() === apart.join()), actual };
}

function pipeVerdict(run: ScenarioRun, { slot, index, value }: Extract<Assertion, { is: 'pipe' }>): Verdict {
  const held = run.driver.pipes.get(slot);
  if (held === undefined) return { holds: false, actual: 'the vmsplice was refused' };
  const page = run.lab.world.pin(held.pin).pages[index];
  return page === undefined
    ? { holds: false, actual: `pipe ${slot} holds no page ${index}` }
    : equal(value, page.value);
}

function forkEvents(run: ScenarioRun): readonly Event[] {
  return run.steps.flatMap(({ entries }) =>
    entries.filter(({ command }) => command.type === 'Fork').flatMap(({ events }) => events)
  );
}

/** Base pages copied for a child during fork(). */
export function copiedAtFork(run: ScenarioRun): number {
  const huge = hugePages(run.lab.geometry);
  return forkEvents(run).reduce(
    (sum, event) => sum + (event.type === 'PagesCopied' ? event.nr : event.type === 'HugePageCopied' ? huge : 0),
    0,
  );
}

function splitAtFork(run: ScenarioRun): boolean {
  return forkEvents(run).some(({ type }) => type === 'PmdSplit');
}
