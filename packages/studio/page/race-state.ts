/** The race that is open: what was asked, what was answered, where in the trail one stands. */
import { batch, signal } from '@preact/signals';
import { formatSchedule, type Memory, parseSchedule, type StateGraph, type Trail } from '@cowlab/checker';
import type { StudioDocument } from '../src/document/document.ts';
import { moved } from '../src/model/race-trail.ts';
import { asked } from './work/worker.ts';
import type { RaceAnswer, RaceAsked, RaceOpened } from './work/race-work.ts';

export type RaceDocument = Extract<StudioDocument, { kind: 'race' }>;

export const race = signal<RaceOpened | null>(null);
export const lane = signal('');
export const memory = signal<Memory>('sc');
export const answer = signal<RaceAnswer | null>(null);
export const trail = signal<Trail | null>(null);
/** Steps of the trail that are behind. */
export const at = signal(0);
export const said = signal('');
/** All states of what is asked; null where they are too many. */
export const graph = signal<StateGraph | 'asked' | null>('asked');
export const busy = signal(false);

const QUICK_MS = 20_000;
const SEARCH_MS = 90_000;
let open: RaceDocument | null = null;

const question = (): RaceAsked => ({ text: open?.text ?? '', name: open?.name ?? '', lanes: open?.lanes ?? null,
  lane: lane.value, memory: memory.value });

async function during(work: () => Promise<void>): Promise<void> {
  busy.value = true;
  try {
    await work();
  } catch (error) {
    said.value = error instanceof Error ? error.message : String(error);
  } finally {
    busy.value = false;
  }
}

export const openRace = (document: RaceDocument): Promise<void> =>
  during(async () => {
    open = document;
    const opened = await asked((remote) => remote.openRace(document), QUICK_MS);
    batch(() => {
      race.value = opened;
      lane.value = opened.lanes.find((name) => name === document.lane) ?? opened.lanes[0] ?? '';
      memory.value = document.memory === 'tso' ? 'tso' : 'sc';
      answer.value = trail.value = null;
      said.value = '';
    });
    if (document.schedule === null) await ask();
    else await replay(document.schedule);
  });

/** Every order. */
export const ask = (): Promise<void> =>
  during(async () => {
    said.value = 'every order is looked at ...';
    const found = await asked((remote) => remote.checkRace(question()), SEARCH_MS);
    batch(() => {
      answer.value = found;
      said.value = '';
      show(found.trail);
    });
  });

async function replay(schedule: string): Promise<void> {
  const found = await asked((remote) => remote.replayRace(question(), schedule), QUICK_MS);
  batch(() => {
    said.value = '';
    show(found);
  });
}

function show(found: Trail | null): void {
  trail.value = found;
  at.value = found?.steps.length ?? 0;
}

let graphOf = '';

/** Once for each question, after its answer. */
export async function wantGraph(): Promise<void> {
  const key = JSON.stringify([lane.value, memory.value, open]);
  if ((trail.value === null && answer.value === null) || key === graphOf) return;
  graphOf = key;
  graph.value = 'asked';
  const found = await asked((remote) => remote.statesOf(question()), QUICK_MS).catch(() => null);
  if (key === graphOf) graph.value = found;
}

/** One step elsewhere, and then the question of this order again. */
export const move = (step: number, to: number): Promise<void> =>
  during(async () => {
    const { value: now } = trail;
    if (now === null) return;
    const order = moved(parseSchedule(now.schedule, now.actors.length), step, to);
    if (order === null) {
      said.value = 'the program itself fixes the order of an actor’s own steps';
      return;
    }
    const stood = at.value;
    await replay(formatSchedule(order));
    at.value = Math.min(stood, trail.value?.steps.length ?? 0);
  });
