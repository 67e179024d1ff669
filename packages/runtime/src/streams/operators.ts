/** Operators for `events$` and `commits$` that most subscribers would otherwise write themselves. */

import { type EventOf, type EventType, type Geometry, type LogEntry, X86_64 } from '@cowlab/core';
import { concatMap, defer, filter, finalize, map, type MonoTypeOperatorFunction, type OperatorFunction,
  scan } from 'rxjs';
import { type CostCounters, NO_COSTS } from '../models/cost-counters.ts';
import { addCosts } from '../models/costs.ts';
import { changedPtes, pagesOf } from '../models/event-pages.ts';
import { type Finding, Findings } from '../models/findings.ts';
import type { Committed, Followed } from '../lab.ts';

/** Facts of these types only, and typed as such. */
export function ofType<T extends EventType>(
  ...types: readonly T[]
): OperatorFunction<Committed, Committed<EventOf<T>>> {
  const wanted: ReadonlySet<string> = new Set(types);
  return filter((committed): committed is Committed<EventOf<T>> => wanted.has(committed.event.type));
}

/**
 * Facts about one mm: about its entries, its VMAs and its tasks, as parent or child of a fork(), and about the pins
 * that were taken from it, as far as they were opened while this was subscribed.
 */
export function inMm(mm: number): MonoTypeOperatorFunction<Committed> {
  return (source) =>
    defer(() => {
      const pins = new Set<number>();
      return source.pipe(filter(({ event }) => {
        if (event.type === 'PinOpened') {
          if (event.mm === mm) pins.add(event.pin);
          else pins.delete(event.pin);
        }
        if ('pin' in event) return pins.has(event.pin);
        return ('mm' in event && event.mm === mm) || ('from' in event && event.from === mm)
          || (event.type !== 'PtesMoved' && 'to' in event && event.to === mm);
      }));
    });
}

/** Facts that change the page table entry for `vpn` of `mm`. */
export function changesOf(mm: number, vpn: number, geometry: Geometry = X86_64): MonoTypeOperatorFunction<Committed> {
  return filter(({ event }) =>
    changedPtes(event, geometry).some((run) => run.mm === mm && run.vpn <= vpn && vpn < run.vpn + run.nr)
  );
}

/** How many base pages each fact covers. */
export function countPages(geometry: Geometry = X86_64): OperatorFunction<Committed, number> {
  return map(({ event }) => pagesOf(event, geometry));
}

/** What everything has cost so far, after each command. */
export function runningCosts(geometry: Geometry = X86_64): OperatorFunction<LogEntry, CostCounters> {
  return scan((costs, entry) => addCosts(costs, entry, geometry), NO_COSTS);
}

/**
 * Hazards, as the commands that cause them are published. What it says of a command is what the log says of it, also
 * when subscribers have executed others meanwhile.
 */
export function findings(lab: Followed): OperatorFunction<LogEntry, Finding> {
  return (source) =>
    defer(() => {
      const tracker = lab.follow(new Findings());
      return source.pipe(concatMap(({ position }) => tracker.of(position)), finalize(() => lab.unfollow(tracker)));
    });
}
