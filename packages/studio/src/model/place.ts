/** A place in time, common to lanes that run the same program: after so many events of a step. */
import type { Finding } from '@cowlab/runtime';
import type { LaneRun } from './lane-run.ts';

export interface Place {
  /** Steps that have begun: 0 is the empty machine. */
  readonly step: number;
  /** Events of the last of them that have happened; null for all. */
  readonly event: number | null;
}

export const START: Place = { step: 0, event: null };

/** Events of the lane's log that lie behind a place. */
export function eventsBehind({ steps, machine: { before } }: LaneRun, { step, event }: Place): number {
  if (step <= 0 || steps.length === 0) return 0;
  const { from, to } = steps[Math.min(step, steps.length) - 1];
  return event === null || step > steps.length ? before[to] : Math.min(before[from] + event, before[to]);
}

/** Events of one step. */
export function eventsIn({ steps, machine: { before } }: LaneRun, step: number): number {
  const at = steps[step - 1];
  return at === undefined ? 0 : before[at.to] - before[at.from];
}

/** The most events that a lane has in this step: what single steps go through. */
const longest = (lanes: readonly LaneRun[], step: number): number =>
  Math.max(0, ...lanes.map((lane) => eventsIn(lane, step)));

export const lastStep = (lanes: readonly LaneRun[]): number => Math.max(0, ...lanes.map(({ steps }) => steps.length));

/** One event on; past the last of a step, into the next. */
export function eventOn(lanes: readonly LaneRun[], { step, event }: Place): Place {
  const inStep = longest(lanes, step);
  if (event !== null && event + 1 < inStep) return { step, event: event + 1 };
  if (event !== null && event + 1 === inStep) return { step, event: null };
  if (step >= lastStep(lanes)) return { step, event: null };
  return longest(lanes, step + 1) <= 1 ? { step: step + 1, event: null } : { step: step + 1, event: 1 };
}

export function eventBack(lanes: readonly LaneRun[], { step, event }: Place): Place {
  if (step === 0) return START;
  const at = event ?? longest(lanes, step);
  if (at > 1) return { step, event: at - 1 };
  return { step: step - 1, event: null };
}

/** The step of a command of the log. */
export function stepOf({ steps }: LaneRun, position: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle].to > position) high = middle;
    else low = middle + 1;
  }
  return Math.min(low + 1, steps.length);
}

/** Steps at which something is found, ascending, each once. */
export function hazardSteps(lanes: readonly LaneRun[]): number[] {
  const steps = lanes.flatMap((lane) => lane.findings.map(({ position }) => stepOf(lane, position)));
  return [...new Set(steps)].sort((a, b) => a - b);
}

/** What a lane's steps up to a place have brought about. */
export function foundUntil(lane: LaneRun, place: Place): readonly Finding[] {
  const behind = eventsBehind(lane, place);
  return lane.findings.filter(({ position }) => lane.machine.before[position + 1] <= behind);
}

/** The next of ascending steps after (or, backwards, before) one; null where there is none. */
export function nextOf(steps: readonly number[], from: number, back = false): number | null {
  const found = back ? steps.findLast((step) => step < from) : steps.find((step) => step > from);
  return found ?? null;
}

/** `12` or `12.3`: what stands in the address. */
export const placeText = ({ step, event }: Place): string => (event === null ? `${step}` : `${step}.${event}`);

export function placeFrom(text: string, lanes: readonly LaneRun[]): Place {
  const [, step = '0', event] = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  const at = Math.min(Number(step), lastStep(lanes));
  const inside = event === undefined ? null : Number(event);
  return { step: at, event: inside === null || inside >= longest(lanes, at) ? null : inside };
}
