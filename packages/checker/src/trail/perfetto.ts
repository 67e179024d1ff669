/**
 * A trail as Chrome trace JSON, which ui.perfetto.dev and chrome://tracing read: a track per actor, its operations as
 * slices, in them their atomic steps, arrows from a store to the first load by somebody else that saw it. Time is the
 * position in the schedule, ten units a step.
 */
import { cpu } from './diagram.ts';
import { operationsOf } from './operations.ts';
import { stepName } from './step-text.ts';
import type { Trail, TrailStep, WordAccess } from './trail.ts';

export type PerfettoEvent =
  | Message<'M', { readonly name: 'process_name' | 'thread_name'; readonly args: { readonly name: string } }>
  | Message<'M', { readonly name: 'thread_sort_index'; readonly args: { readonly sort_index: number } }>
  | Message<'X',
    { readonly name: string; readonly cat: string; readonly ts: number; readonly dur: number; readonly args: Args }>
  | Message<'s', { readonly name: string; readonly cat: string; readonly ts: number; readonly id: number }>
  | Message<'f',
    { readonly name: string; readonly cat: string; readonly ts: number; readonly id: number; readonly bp: 'e' }>
  | Message<'i', { readonly name: string; readonly cat: string; readonly ts: number; readonly s: 'p' }>;

export interface PerfettoTrace {
  readonly traceEvents: readonly PerfettoEvent[];
  readonly displayTimeUnit: 'ns';
  readonly otherData: Args;
}

export function perfetto(trail: Trail): PerfettoTrace {
  const events: PerfettoEvent[] = [
    { ph: 'M', pid: PID, tid: 0, name: 'process_name', args: { name: trail.scenario } },
    ...trail.actors.flatMap(({ what }, actor): PerfettoEvent[] => [
      { ph: 'M', pid: PID, tid: tid(actor), name: 'thread_name', args: { name: `${cpu(trail, actor)}: ${what}` } },
      { ph: 'M', pid: PID, tid: tid(actor), name: 'thread_sort_index', args: { sort_index: actor } },
    ]),
    // Before its steps: a slice that begins later nests in one that began earlier.
    ...operationsOf(trail).map(({ actor, op, first, last }): PerfettoEvent => {
      const ts = first * STEP_TIME;
      return { ph: 'X', pid: PID, tid: tid(actor), name: op, cat: 'op', ts, dur: (last + 1) * STEP_TIME - ts,
        args: {} };
    }),
    ...trail.steps.map(
      (step, index): PerfettoEvent => ({
        ...{ ph: 'X', pid: PID, tid: tid(step.actor), name: stepName(step), cat: step.kind },
        ...{ ts: index * STEP_TIME + 1, dur: STEP_TIME - 2, args: argsOf(step) },
      }),
    ),
    ...flowsOf(trail).flatMap(({ word, from, to }, flow): PerfettoEvent[] => [
      { ph: 's', pid: PID, tid: tid(trail.steps[from].actor), name: word, cat: 'word', ts: middle(from), id: flow + 1 },
      { ph: 'f', pid: PID, tid: tid(trail.steps[to].actor), name: word, cat: 'word', ts: middle(to), id: flow + 1,
        bp: 'e' },
    ]),
    ...trail.broken.map(
      ({ spec, what }): PerfettoEvent => ({
        ...{ ph: 'i', pid: PID, tid: tid(trail.steps.at(-1)?.actor ?? 0), name: `Broken: ${spec}: ${what}` },
        ...{ cat: 'broken', ts: trail.steps.length * STEP_TIME, s: 'p' },
      }),
    ),
  ];
  const { title, lane, memory, schedule, command } = trail;
  return { traceEvents: events, displayTimeUnit: 'ns', otherData: { title, lane, memory, schedule, command } };
}

type Args = Readonly<Record<string, string | boolean>>;
type Message<Phase extends string, Data> = { readonly ph: Phase; readonly pid: number; readonly tid: number } & Data;

const PID = 1;
const STEP_TIME = 10;

/** Track 0 belongs to the process. */
function tid(actor: number): number {
  return actor + 1;
}

function middle(index: number): number {
  return index * STEP_TIME + STEP_TIME / 2;
}

function argsOf({ op, reads, writes, buffered, critical }: TrailStep): Args {
  return {
    op,
    ...Object.fromEntries(reads.map(({ word, value }) => [`read ${word}`, value])),
    ...Object.fromEntries(writes.map((write) => [`write ${write.word}`, fromTo(write)])),
    buffered,
    critical,
  };
}

function fromTo({ old, value }: WordAccess): string {
  return old === undefined ? value : `${old} -> ${value}`;
}

interface Flow {
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

/**
 * For each store that reached memory, the first load of it by another actor, unless another store came first. A load
 * that the actor's own store buffer answers has not seen memory.
 */
function flowsOf({ steps }: Trail): Flow[] {
  const flows: Flow[] = [];
  const latest = new Map<string, number>();
  const buffered = new Map<string, number>();
  const count = (actor: number, word: string, by: number) => {
    const key = `${actor} ${word}`;
    buffered.set(key, Math.max(0, (buffered.get(key) ?? 0) + by));
  };
  steps.forEach(({ actor, kind, reads, writes, buffered: delayed }, index) => {
    for (const { word } of reads) {
      const from = latest.get(word);
      if (from === undefined || steps[from].actor === actor || (buffered.get(`${actor} ${word}`) ?? 0) > 0) continue;
      flows.push({ word, from, to: index });
      latest.delete(word);
    }
    for (const { word } of writes) {
      if (delayed) count(actor, word, 1);
      else latest.set(word, index);
      if (kind === 'flush') count(actor, word, -1);
    }
  });
  return flows;
}
