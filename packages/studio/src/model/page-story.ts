/** Everything that ever happened to one page, in words: to its entry, to what it holds, to who holds it. */
import type { Event, Geometry, LogEntry } from '@cowlab/core';
import { changedPtes, type PageRun } from '@cowlab/runtime';
import { eventWords } from './event-words.ts';
import type { Decision, LaneRun } from './lane-run.ts';
import { stepOf } from './place.ts';

export interface StoryLine {
  readonly step: number;
  /** Of the lane's log: events behind it once it has happened. */
  readonly event: number;
  /** The step or command it happened in. */
  readonly of: string;
  readonly words: string;
  /** What was asked of policies in that command, where the event was theirs to decide. */
  readonly decisions: readonly Decision[];
}

interface Pin {
  readonly mm: number;
  readonly vpn: number;
}

/** Up to `events` behind. An address space whose number is used again begins a new story. */
export function pageStory(lane: LaneRun, mm: number, vpn: number, events: number): StoryLine[] {
  const { machine, steps, decisions } = lane;
  const pins = new Map<number, Pin>();
  let lines: StoryLine[] = [];
  const tell = (entry: LogEntry, event: Event, at: number): void => {
    const step = stepOf(lane, entry.position);
    lines.push({ step, event: at + 1, of: steps[step - 1]?.text ?? '', words: eventWords(event, mm, vpn),
      decisions: (decisions.get(entry.position) ?? []).filter(({ hook }) => DECIDED[event.type]?.test(hook)) });
  };
  for (let p = 0; p < machine.log.length && machine.before[p] < events; p++) {
    const entry = machine.log[p];
    for (let i = 0; i < entry.events.length && machine.before[p] + i < events; i++) {
      const event = entry.events[i];
      if (event.type === 'PinOpened') pins.set(event.pin, { mm: event.mm, vpn: event.vpn });
      else if (event.type === 'PinClosed') pins.delete(event.pin);
      else if (event.type === 'MmCreated' && event.mm === mm) lines = [];
      if (touches(event, mm, vpn, pins, machine.geometry)) tell(entry, event, machine.before[p] + i);
    }
  }
  return lines;
}

/** Which questions an event is the answer to. */
const WRITE = /^onWriteFault/;
const FORK = /^onFork(Page|Huge)/;
const DECIDED: Readonly<Partial<Record<Event['type'], RegExp>>> = { CowBroken: WRITE, CowReused: WRITE,
  HugeCowBroken: WRITE, PtesShared: FORK, PagesCopied: FORK, HugePmdShared: FORK, HugePageCopied: FORK, PmdSplit: FORK,
  PagesPinned: /^onGup$/, PageSwappedOut: /^onReclaim$/ };

function touches(
  event: Event,
  mm: number,
  vpn: number,
  pins: ReadonlyMap<number, Pin>,
  geometry: Geometry,
): boolean {
  switch (event.type) {
    case 'PagesStored':
      return within(event, mm, vpn);
    case 'RemoteStored':
      return event.mm === mm && event.vpn === vpn;
    case 'PagesPinned':
    case 'PagesUnpinned':
      return pinned(pins, event.pin, event.index, event.nr, mm, vpn);
    case 'DeviceStored':
    case 'DeviceLoaded':
      return pinned(pins, event.pin, event.index, 1, mm, vpn);
    case 'PagesCopied':
    case 'HugePageCopied':
      // The parent keeps its entry; that it was spared is part of its story.
      if (event.from === mm && vpn >= event.vpn && vpn < event.vpn + ('nr' in event ? event.nr : 1 << geometry.bits))
        return true;
      break;
    default:
  }
  return changedPtes(event, geometry).some((run) => within(run, mm, vpn));
}

const within = (run: PageRun, mm: number, vpn: number): boolean =>
  run.mm === mm && vpn >= run.vpn && vpn < run.vpn + run.nr;

function pinned(
  pins: ReadonlyMap<number, Pin>,
  pin: number,
  index: number,
  nr: number,
  mm: number,
  vpn: number,
): boolean {
  const taken = pins.get(pin);
  return taken !== undefined && taken.mm === mm && vpn >= taken.vpn + index && vpn < taken.vpn + index + nr;
}
