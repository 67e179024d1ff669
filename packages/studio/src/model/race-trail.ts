/** The trail of a race at any of its steps: what every word holds, what waits in whose store buffer, what may move. */
import type { ScheduleStep, Trail, TrailStep, WordAccess } from '@cowlab/checker';

export interface Waiting {
  readonly step: number;
  readonly write: WordAccess;
}

/** Oldest first: stores of `actor` that nobody else sees after `steps` steps. */
export function buffered({ steps }: Trail, actor: number, until: number): Waiting[] {
  const waiting: Waiting[] = [];
  for (const [at, step] of steps.slice(0, until).entries()) {
    if (step.actor !== actor) continue;
    if (step.kind === 'flush') waiting.shift();
    else if (step.buffered) waiting.push(...step.writes.map((write) => ({ step: at, write })));
  }
  return waiting;
}

export interface WordNow {
  readonly word: string;
  readonly value: string;
  /** The last of the steps so far changed it. */
  readonly fresh: boolean;
}

/** What memory holds after `until` steps, of words that the trail speaks of, in the order in which it does. */
export function wordsAfter({ steps }: Trail, until: number): WordNow[] {
  const first = new Map<string, string>();
  const now = new Map<string, string>();
  for (const [at, step] of steps.entries()) {
    for (const { word, value } of step.reads) if (!first.has(word)) first.set(word, value);
    for (const { word, value, old } of step.writes) {
      if (!first.has(word) && old !== undefined) first.set(word, old);
      if (at < until && reaches(step)) now.set(word, value);
    }
  }
  const last = until > 0 ? steps[until - 1] : undefined;
  return [...new Set([...first.keys(), ...now.keys()])].map((word) => ({ word,
    value: now.get(word) ?? first.get(word) ?? '?',
    fresh: last !== undefined && reaches(last) && last.writes.some((write) => write.word === word) })
  );
}

const reaches = ({ kind, buffered: waits }: TrailStep): boolean => kind === 'flush' || !waits;

/** How far a step may go either way before it meets another one of its own actor, whose order the program fixes. */
export function reach(steps: readonly ScheduleStep[], at: number): { readonly from: number; readonly to: number } {
  const { actor } = steps[at];
  const before = steps.findLastIndex((step, i) => i < at && step.actor === actor);
  const after = steps.findIndex((step, i) => i > at && step.actor === actor);
  return { from: before + 1, to: (after < 0 ? steps.length : after) - 1 };
}

/** The order with one step elsewhere; null where the program itself forbids it. */
export function moved(steps: readonly ScheduleStep[], at: number, to: number): ScheduleStep[] | null {
  const { from, to: last } = reach(steps, at);
  if (to < from || to > last || to === at) return null;
  const order = steps.map(({ actor, kind }) => ({ actor, kind }));
  const [step] = order.splice(at, 1);
  order.splice(to, 0, step);
  return order;
}
