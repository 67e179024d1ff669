/**
 * A recorded program under several lanes: what each kernel would have made of its registered pages, and at what cost.
 */
import { type Capacity, X86_64 } from '@cowlab/core';
import { type CostCounters, type Finding, Findings, type Lab } from '@cowlab/runtime';
import { type Registration, type RegisteredReport, registeredSteps, type TracePlan } from '@cowlab/trace';
import { compose, type Lane } from '@cowlab/composition';
import { drained, type Moment, stepsOf } from './moments.ts';
import { hazardsIn, type Parting, partingOf, type StepLog } from '@cowlab/trial';

export interface TraceLaneReport {
  readonly lane: string;
  /** Ids, bottom first. */
  readonly policies: readonly string[];
  readonly registered: RegisteredReport;
  readonly hazards: readonly string[];
  readonly findings: readonly Finding[];
  readonly costs: CostCounters;
}

export interface TraceParting extends Parting {
  /** What of the recording it was. */
  readonly source: TracePlan['items'][number]['source'];
}

export interface TraceComparison {
  readonly kind: 'trace';
  readonly name: string;
  /** Commands that the recording came to, and the processes that ran them. */
  readonly commands: number;
  readonly tasks: TracePlan['tasks'];
  readonly registrations: readonly Registration[];
  /** Accesses that no recorder shows were stated. */
  readonly stated: boolean;
  /** What the plan passes over, or is not sure of. */
  readonly notes: TracePlan['notes'];
  readonly lanes: readonly TraceLaneReport[];
  /** Every lane but the first, with the first, by item of the plan; null where the logs are the same. */
  readonly partings: readonly (TraceParting | null)[];
}

/** `onWork` is told which lane runs and how many of its commands are done. */
export function compareTrace(
  plan: TracePlan,
  lanes: readonly Lane[],
  onWork?: (lane: string, done: number, all: number) => void,
): TraceComparison {
  return drained(traceComparisonSteps(plan, lanes, onWork), () => undefined);
}

export function* traceComparisonSteps(
  plan: TracePlan,
  lanes: readonly Lane[],
  onWork?: (lane: string, done: number, all: number) => void,
): Generator<Moment, TraceComparison, undefined> {
  const labs = compose(lanes, { geometry: X86_64, capacity: roomFor(plan) });
  const commands = plan.items.reduce((sum, item) => sum + item.commands.length, 0);
  const reports: TraceLaneReport[] = [];
  for (const [at, lane] of lanes.entries()) {
    yield { kind: 'lane', lane, lab: labs[at] };
    reports.push(yield* laneSteps(plan, lane.name, labs[at], (done) => onWork?.(lane.name, done, commands)));
    yield { kind: 'end' };
  }
  const logs = labs.map((lab, at) => ({ name: lanes[at].name, steps: byItem(plan, lab) }));
  const { name, tasks, registrations, stated, notes } = plan;
  return {
    kind: 'trace',
    name,
    commands,
    tasks,
    registrations,
    stated,
    notes,
    lanes: reports,
    partings: logs.slice(1).map((log) => {
      const parting = partingOf(logs[0], log);
      return parting === null ? null : { ...parting, source: plan.items[parting.step].source };
    }),
  };
}

/** More is reserved for no machine; it may grow. */
const ROOM_MAX = { pages: 1 << 21, nodes: 1 << 12 };
/** Page tables of a small program. */
const NODES_A_PROCESS = 24;

/** So much that a machine seldom moves; what is never touched costs nothing. */
function roomFor({ items }: TracePlan): Capacity {
  let pages = 0;
  let nodes = NODES_A_PROCESS;
  for (const { commands } of items) {
    for (const command of commands) {
      if (command.type === 'CreateFile') pages += command.nr;
      else if (command.type === 'Store' || command.type === 'Load') pages += command.nr;
      else if (/^(Fork|Spawn|Execve)$/.test(command.type)) nodes += NODES_A_PROCESS;
    }
  }
  return { pages: Math.min(pages, ROOM_MAX.pages), nodes: Math.min(nodes, ROOM_MAX.nodes) };
}

/** Every lane runs every command of the plan, so the log falls into its items. */
function byItem({ items }: TracePlan, { log }: Lab): StepLog {
  let position = 0;
  return items.map(({ commands }) => log.slice(position, position += commands.length));
}

/** Commands between two signs of life. */
const BEAT = 500;

function* laneSteps(
  plan: TracePlan,
  name: string,
  lab: Lab,
  onDone: (done: number) => void,
): Generator<Moment, TraceLaneReport, undefined> {
  const hazards = lab.follow(new Findings());
  const beat = lab.commits$.subscribe(({ position }) => {
    if (position % BEAT === 0) onDone(position);
  });
  const registered = yield* stepsOf(registeredSteps(plan, lab));
  beat.unsubscribe();
  return { lane: name, policies: lab.policies, registered, hazards: hazardsIn(hazards.value), findings: hazards.value,
    costs: lab.costs };
}
