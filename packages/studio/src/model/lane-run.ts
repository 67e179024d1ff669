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

/** A run as plain data: what a worker hands over. */
export interface RawLane {
  readonly name: string;
  readonly policies: readonly string[];
  readonly geometry: Geometry;
  readonly log: readonly LogEntry[];
  readonly steps: readonly LaneStep[];
  readonly decisions: LaneRun['decisions'];
  /** Null where nobody has looked for any yet. */
  readonly findings: readonly Finding[] | null;
}

export interface RawSession {
  readonly name: string;
  readonly title: string;
  readonly lanes: readonly RawLane[];
  readonly regions: Session['regions'];
}

/**
 * A scenario under lanes, as its text names them or as `flag` does. `plugins`: policies that only this run knows.
 * @throws ScenarioError, CompositionError, PluginError, PolicyError
 */
export async function runRaw(
  text: string,
  name: string,
  flag?: string,
  plugins: readonly unknown[] = [],
): Promise<RawSession> {
  const scenario = parseScenario(text, name);
  const catalogue = await catalogueOf({ plugins, from: 'the policy' });
  const lanes = await chooseLanes(flag, scenario, { catalogue, policies: null, configFile: null });
  const starts = new Map<number, number>();
  const raw = lanes.slice(0, LANES_MAX).map((lane) => runLane(scenario, lane, starts));
  return { name, title: scenario.title ?? scenario.question, lanes: raw,
    regions: [...starts].map(([r, start]) => ({ r, start })) };
}

export const runText = async (text: string, name: string, flag?: string): Promise<Session> =>
  sessionFrom(await runRaw(text, name, flag));

export const sessionFrom = ({ name, title, lanes, regions }: RawSession): Session =>
  sessionOf(name, title, lanes.map(laneRun), regions);

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

/** `starts` learns where regions lie. */
function runLane(scenario: Scenario, lane: Lane, starts: Map<number, number>): RawLane {
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
  for (const r of ran.driver.sizes.keys()) starts.set(r, ran.driver.regionStart(r));
  const log = lab.log.map(({ position, command, events, result }) => ({ position, command, events, result }));
  return { name: lane.name, policies: lab.policies, geometry: lab.geometry, log, steps, decisions: heard.decisions,
    findings: ran.steps.flatMap(({ findings }) => findings) };
}

function laneOfLog(saved: SavedLog, recorded?: readonly RecordedStep[]): LaneRun {
  const { name, policies, geometry, log } = saved;
  return laneRun({ name, policies, geometry, log, decisions: new Map(), findings: null,
    steps: recorded === undefined ? commandsOf(saved) : linesOf(saved, recorded) });
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

function laneRun({ name, policies, log, geometry, steps, decisions, findings }: RawLane): LaneRun {
  const [found, mms, mapped] = [new Findings(), new TaskMms(), new RangesMapped()];
  const machine = new TimeMachine(log, geometry, [mms, mapped, ...(findings === null ? [found] : [])]);
  return { name, policies, machine, steps, findings: findings ?? found.value, decisions, mms: mms.value,
    mapped: mapped.value, costs: costsOf(log, geometry) };
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
