/** One lane as the studio shows it: its steps, the state after any event, hazards, and who decided what. */
import { formatScenario, formatStep, parseScenario, type Scenario } from '@cowlab/scenario';
import { type Geometry, type LogEntry, X86_64 } from '@cowlab/core';
import { catalogueOf, chooseLanes, compose, type Lane, type Layer } from '@cowlab/composition';
import { type CostCounters, costsOf, type Finding, Findings, type SavedLog } from '@cowlab/runtime';
import { type Parting, partingOf, runScenario, TaskMms } from '@cowlab/trial';
import type { RecordedStep } from '../document/document.ts';
import { commandText } from './command-text.ts';
import { type Mapped, RangesMapped, together } from './ranges-mapped.ts';
import { TimeMachine } from './time-machine.ts';

/** What a policy was asked within one command, and what it said. */
export interface Decision {
  readonly policy: string;
  readonly hook: string;
  readonly verdict: string;
  readonly times: number;
}

export interface LaneStep {
  /** As the scenario has it; of a kept log, the command. */
  readonly text: string;
  /** Of the scenario's text; 0 where there is none. */
  readonly line: number;
  /** `ok`, an errno or a signal. */
  readonly result: string;
  /** Commands [from, to) of the log. */
  readonly from: number;
  readonly to: number;
}

export interface LaneRun {
  readonly name: string;
  readonly policies: readonly string[];
  readonly machine: TimeMachine;
  readonly steps: readonly LaneStep[];
  readonly findings: readonly Finding[];
  /** By position; empty for a kept log, which does not tell. */
  readonly decisions: ReadonlyMap<number, readonly Decision[]>;
  /** The last address space of each task. */
  readonly mms: ReadonlyMap<number, number>;
  readonly mapped: Mapped;
  readonly costs: CostCounters;
}

export interface Session {
  readonly name: string;
  readonly title: string;
  readonly lanes: readonly LaneRun[];
  readonly mapped: Mapped;
  /** Of each lane but the first, with the first; null where they never part. */
  readonly partings: readonly (Parting | null)[];
  /** First page of each region, by its number; none for a kept log. */
  readonly regions: readonly { readonly r: number; readonly start: number }[];
}

/** What the first screen can show side by side. */
export const LANES_MAX = 4;

/**
 * A scenario under lanes, as its text names them or as `flag` does.
 * @throws ScenarioError, CompositionError
 */
export async function runText(text: string, name: string, flag?: string): Promise<Session> {
  const scenario = parseScenario(text, name);
  const catalogue = await catalogueOf({});
  const lanes = await chooseLanes(flag, scenario, { catalogue } as Parameters<typeof chooseLanes>[2]);
  return runLanes(scenario, lanes.slice(0, LANES_MAX));
}

export function runLanes(scenario: Scenario, lanes: readonly Lane[]): Session {
  const starts = new Map<number, number>();
  const runs = lanes.map((lane) => {
    const { run, regions } = runLane(scenario, lane);
    for (const [r, start] of regions) starts.set(r, start);
    return run;
  });
  return sessionOf(scenario.name, scenario.title ?? scenario.question, runs,
    [...starts].map(([r, start]) => ({ r, start })));
}

/** Kept logs side by side; `recorded` where each step is a line of a recording. */
export function openLogs(logs: readonly SavedLog[], recorded?: readonly RecordedStep[]): Session {
  return sessionOf(logs[0].name, `${logs[0].log.length} commands`, logs.map((log) => laneOfLog(log, recorded)), []);
}

function sessionOf(
  name: string,
  title: string,
  lanes: readonly LaneRun[],
  regions: Session['regions'],
): Session {
  const logs = lanes.map(({ name: of, steps, machine }) => ({ name: of,
    steps: steps.map(({ from, to }) => machine.log.slice(from, to)) })
  );
  return { name, title, lanes, regions, mapped: together(lanes.map(({ mapped }) => mapped)),
    partings: logs.slice(1).map((log) => partingOf(logs[0], log)) };
}

function runLane(
  scenario: Scenario,
  lane: Lane,
): { readonly run: LaneRun; readonly regions: ReadonlyMap<number, number> } {
  const heard = new Hearing();
  // A lab of its own: another lane's policies of the same name are heard by somebody else.
  const [lab] = compose([{ ...lane, stack: lane.stack.map((layer) => heard.listening(layer)) }], { geometry: X86_64 });
  lab.commits$.subscribe(({ position }) => heard.commit(position));
  const ran = runScenario(scenario, lab);
  let from = 0;
  const steps = ran.steps.map(({ step, line, outcome, entries }): LaneStep => {
    // Before the first step the machine is set up: that belongs to it.
    const to = entries.length === 0 ? from : (entries.at(-1) as LogEntry).position + 1;
    const at = { text: formatStep(step), line, result: outcome.ok ? 'ok' : outcome.errno, from, to };
    from = to;
    return at;
  });
  const regions = new Map([...ran.driver.sizes.keys()].map((r) => [r, ran.driver.regionStart(r)]));
  return { regions, run: laneRun(lane.name, lab.policies, [...lab.log], lab.geometry, steps, heard.decisions) };
}

function laneOfLog(log: SavedLog, recorded?: readonly RecordedStep[]): LaneRun {
  const { name, policies, geometry } = log;
  return laneRun(name, policies, log.log, geometry, recorded === undefined ? commandsOf(log) : linesOf(log, recorded),
    new Map());
}

function commandsOf({ log }: SavedLog): LaneStep[] {
  return log.map(({ command, result, position }) => ({ text: commandText(command), line: 0,
    result: result.ok ? 'ok' : result.errno, from: position, to: position + 1 })
  );
}

/** What a log has beyond the lines that are known of belongs to the last of them. */
function linesOf({ log }: SavedLog, recorded: readonly RecordedStep[]): LaneStep[] {
  let from = 0;
  return recorded.map(({ line, text, commands }, i) => {
    const to = i + 1 === recorded.length ? log.length : Math.min(log.length, from + commands);
    const refused = log.slice(from, to).find(({ result }) => !result.ok)?.result;
    const step = { text, line, result: refused === undefined || refused.ok ? 'ok' : refused.errno, from, to };
    from = to;
    return step;
  });
}

function laneRun(
  name: string,
  policies: readonly string[],
  log: readonly LogEntry[],
  geometry: Geometry,
  steps: readonly LaneStep[],
  decisions: LaneRun['decisions'],
): LaneRun {
  const [found, mms, mapped] = [new Findings(), new TaskMms(), new RangesMapped()];
  const machine = new TimeMachine(log, geometry, [found, mms, mapped]);
  return { name, policies, machine, steps, findings: found.value, decisions, mms: mms.value, mapped: mapped.value,
    costs: costsOf(log, geometry) };
}

/** Listens to what the hooks of a lane answer. It asks a page nothing, so no answer becomes another one. */
class Hearing {
  readonly decisions = new Map<number, readonly Decision[]>();
  private said = new Map<string, { policy: string; hook: string; verdict: string; times: number }>();

  listening(layer: Layer): Layer {
    const { plugin } = layer;
    return { ...layer, plugin: { ...plugin, create: (options) =>
      Object.fromEntries(
        Object.entries(plugin.create(options)).map((
          [hook, body]: [string, unknown],
        ) => [hook,
          typeof body === 'function' ? this.heard(plugin.id, hook, body as (...args: unknown[]) => unknown) : body]
        ),
      ) } };
  }

  commit(position: number): void {
    if (this.said.size > 0) this.decisions.set(position, [...this.said.values()]);
    this.said = new Map();
  }

  private heard(policy: string, hook: string, body: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
    return (...args) => {
      const verdict = body(...args);
      if (typeof verdict !== 'string') return verdict;
      const key = `${policy} ${hook} ${verdict}`;
      const known = this.said.get(key);
      if (known === undefined) this.said.set(key, { policy, hook, verdict, times: 1 });
      else known.times++;
      return verdict;
    };
  }
}

/** The text of a scenario as everybody writes it. */
export const tidyText = (text: string, name: string): string => formatScenario(parseScenario(text, name));
