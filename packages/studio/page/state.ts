/** What is on the screen: the document, the place in time, the page that was chosen. Everything else follows. */
import { batch, computed, effect, signal } from '@preact/signals';
import { readLog } from '@cowlab/runtime';
import type { StudioDocument } from '../src/document/document.ts';
import { openLogs, type RawSession, runText, type Session, sessionFrom } from '../src/model/lane-run.ts';
import { type Layout, layoutOf } from '../src/model/layout.ts';
import { pageStory, type StoryLine } from '../src/model/page-story.ts';
import { eventBack, eventOn, eventsBehind, hazardSteps, lastStep, nextOf, type Place, START,
  stepOf } from '../src/model/place.ts';
import type { Camera } from './grid/camera.ts';
import { DARK, LIGHT, type Theme } from './grid/colours.ts';

export type View = 'pages' | 'table' | 'race' | 'verdict' | 'write';

export interface ChosenPage {
  readonly lane: number;
  /** `DEVICES` for what a device holds there. */
  readonly mm: number;
  readonly vpn: number;
}

export const shown = signal<StudioDocument | null>(null);
export const session = signal<Session | null>(null);
export const trouble = signal<string | null>(null);
export const place = signal<Place>(START);
export const chosen = signal<ChosenPage | null>(null);
/** The page under the mouse, told while it is there; nothing else follows from it. */
export const pointed = signal<ChosenPage | null>(null);
export const toldPage = computed(() => pointed.value ?? chosen.value);
export const view = signal<View>('pages');
export const camera = signal<Camera | null>(null);
export const playing = signal(false);
export const panel = signal<'palette' | 'help' | 'share' | null>(null);
/** Step of the guided story; null when nobody is guided. */
export const guided = signal<number | null>(null);

const darkScreen = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null;
const screenIsDark = signal(darkScreen?.matches ?? false);
darkScreen?.addEventListener('change', ({ matches }) => {
  screenIsDark.value = matches;
});
/** What somebody asked for, over what his screen is. */
export const asked = signal<'light' | 'dark' | null>(null);
export const theme = computed<Theme>(() =>
  (asked.value ?? (screenIsDark.value ? 'dark' : 'light')) === 'dark'
    ? DARK
    : LIGHT
);

export const lanes = computed(() => session.value?.lanes ?? []);
export const layout = computed<Layout | null>(() => session.value === null ? null : layoutOf(session.value.mapped));
export const last = computed(() => lastStep(lanes.value));
export const hazards = computed(() => hazardSteps(lanes.value));
export const partings = computed(() =>
  (session.value?.partings ?? []).flatMap((parting) => parting === null ? [] : [parting.step + 1])
);

/** Below this a page's whole story is told at once. */
const LONG = 2_000_000;

export const story = computed<readonly StoryLine[]>(() => {
  const at = toldPage.value;
  const lane = at === null ? undefined : lanes.value[at.lane];
  if (at === null || lane === undefined || at.mm < 0 || lane.machine.nrEvents > LONG) return [];
  return pageStory(lane, at.mm, at.vpn, lane.machine.nrEvents);
});

/** @returns what is wrong, for people; null when it is open */
export async function open(document: StudioDocument): Promise<string | null> {
  try {
    const opened = document.kind === 'scenario'
      ? await runText(document.text, document.name, document.lanes ?? undefined)
      : document.kind === 'race'
      ? null
      : openLogs(document.logs.map(({ name, text }) => ({ ...readLog(text, name), name })),
        document.kind === 'recording' ? document.steps : undefined);
    batch(() => {
      shown.value = document;
      session.value = opened;
      trouble.value = null;
      chosen.value = pointed.value = null;
      camera.value = null;
      playing.value = false;
      place.value = { step: opened === null ? 0 : firstLook(opened), event: null };
      view.value = document.kind === 'race' ? 'race' : document.kind === 'recording'
        ? 'verdict'
        : view.value === 'table'
        ? 'table'
        : 'pages';
    });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What a worker ran; where one stands is kept as far as it goes. */
export function openSession(document: StudioDocument, raw: RawSession): void {
  const opened = sessionFrom(raw);
  batch(() => {
    const { value: before } = place;
    const atEnd = before.step === last.value;
    shown.value = document;
    session.value = opened;
    camera.value = chosen.value = pointed.value = null;
    place.value = { step: atEnd ? lastStep(opened.lanes) : Math.min(before.step, lastStep(opened.lanes)), event: null };
  });
}

/** Where something is to be seen: the first hazard, the last fork() of a long program, or the end. */
function firstLook({ lanes: all }: Session): number {
  const [first] = hazardSteps(all);
  if (first !== undefined) return first;
  const fork = all[0].machine.log.findLast(({ command }) => command.type === 'Fork');
  return fork !== undefined && all[0].steps.length > SHORT ? stepOf(all[0], fork.position) : lastStep(all);
}
const SHORT = 100;

export const go = (to: Place): void => {
  place.value = to;
};
export const goStep = (step: number): void => go({ step: Math.min(Math.max(0, step), last.value), event: null });

/** Everything that can be done to time, by its name; keys and buttons are others' business. */
export const moves = {
  stepOn: () => goStep(place.value.event === null ? place.value.step + 1 : place.value.step),
  stepBack: () => goStep(place.value.step - 1),
  eventOn: () => go(eventOn(lanes.value, place.value)),
  eventBack: () => go(eventBack(lanes.value, place.value)),
  first: () => goStep(0),
  last: () => goStep(last.value),
  play: () => {
    playing.value = !playing.value;
  },
  hazardOn: () => jump(nextOf(hazards.value, place.value.step) ?? hazards.value[0] ?? null),
  hazardBack: () => jump(nextOf(hazards.value, place.value.step, true) ?? hazards.value.at(-1) ?? null),
  parting: () => jump(nextOf(partings.value, place.value.step) ?? partings.value[0] ?? null),
  pageOn: () => goStory(false),
  pageBack: () => goStory(true),
} as const;
export type Move = keyof typeof moves;

function jump(step: number | null): void {
  if (step !== null) goStep(step);
}

/** To where the chosen page next (or last) met something. */
function goStory(back: boolean): void {
  pointed.value = null;
  const lane = lanes.value[chosen.value?.lane ?? 0];
  if (lane === undefined) return;
  const here = eventsBehind(lane, place.value);
  const next = nextOf(story.value.map(({ event }) => event), here, back);
  if (next !== null) goEvent(chosen.value?.lane ?? 0, next);
}

/** To the moment after so many events of a lane. */
export function goEvent(lane: number, events: number): void {
  const of = lanes.value[lane];
  const step = stepOf(of, of.machine.commandAt(events - 1));
  const { from, to } = of.steps[step - 1];
  const inside = events - of.machine.before[from];
  go({ step, event: events >= of.machine.before[to] ? null : inside });
}

const STEP_MS = 700;
if (typeof window !== 'undefined') {
  effect(() => {
    if (!playing.value) return undefined;
    const timer = window.setInterval(() => {
      if (place.value.step >= last.value) playing.value = false;
      else moves.stepOn();
    }, STEP_MS);
    return () => window.clearInterval(timer);
  });
}
