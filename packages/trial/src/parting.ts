/**
 * Where the event logs of two lanes first part: up to there both machines did the same with the same pages. Marks that
 * touch no page (has_pinned, write_protect_seq, PG_anon_exclusive, a policy's memory) do not count as parting.
 */
import type { Event, LogEntry, Result } from '@cowlab/core';

/** What is told of one side: an event, or that a command was refused; both as the log has them. */
export type Happening = Event | Extract<Result, { readonly ok: false }>;

export interface Parting {
  /** The lane that is compared, and the one it is compared with. */
  readonly lane: string;
  readonly from: string;
  /** Index of the step, as both lanes count them. */
  readonly step: number;
  /**
   * What only this side did at that step: what differs, without what comes before and after alike; at most a few.
   */
  readonly here: readonly Happening[];
  readonly there: readonly Happening[];
}

export type StepLog = readonly (readonly LogEntry[])[];

const MARKS: ReadonlySet<Event['type']> = new Set(['HasPinnedSet', 'WriteProtectSeqMoved', 'PolicyRemembered']);
/** PG_anon_exclusive likewise: what it decides later is told by what happens then. */
const EXCLUSIVE = / exclusive(Cleared)?\b/g;
const SHOWN_MAX = 3;

export function partingOf(
  from: { name: string; steps: StepLog },
  lane: { name: string; steps: StepLog },
): Parting | null {
  for (let step = 0; step < Math.max(from.steps.length, lane.steps.length); step++) {
    const there = told(from.steps[step]);
    const here = told(lane.steps[step]);
    const same = commonStart(here, there);
    if (same === here.length && same === there.length) continue;
    const alike = commonStart(here.slice(same).reverse(), there.slice(same).reverse());
    const cut = (side: readonly Told[]): Happening[] =>
      side.slice(same, side.length - alike).slice(0, SHOWN_MAX).map(({ happening }) => happening);
    return { lane: lane.name, from: from.name, step, here: cut(here), there: cut(there) };
  }
  return null;
}

interface Told {
  readonly happening: Happening;
  /** Two of them are alike when this is. */
  readonly text: string;
}

function told(entries: readonly LogEntry[] = []): Told[] {
  return entries.flatMap(({ events, result }): Happening[] => [
    ...events.filter(({ type }) => !MARKS.has(type)),
    ...(result.ok ? [] : [result]),
  ]).map((happening) => ({ happening, text: happeningText(happening) }));
}

/** One side of a parting on one line, without what does not count as parting. */
export function happeningText(happening: Happening): string {
  return 'type' in happening ? eventText(happening).replace(EXCLUSIVE, '') : happening.errno;
}

function commonStart(a: readonly Told[], b: readonly Told[]): number {
  let same = 0;
  while (same < a.length && same < b.length && a[same].text === b[same].text) same++;
  return same;
}

/** An event on one line: its name, its numbers (pages in hex, as everywhere), and the flags that are set. */
export function eventText(event: Event): string {
  const { type, ...fields } = event;
  const words = Object.entries(fields as Readonly<Record<string, number | boolean>>).flatMap(([key, value]) => {
    if (typeof value === 'boolean') return value ? [key] : [];
    return [`${key}=${PAGE_FIELDS.has(key) ? `0x${value.toString(16)}` : value}`];
  });
  return [type, ...words].join(' ');
}

const PAGE_FIELDS: ReadonlySet<string> = new Set(['vpn', 'floor', 'ceiling', 'at', 'flags', 'start', 'end']);
