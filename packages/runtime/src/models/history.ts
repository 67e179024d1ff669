/** "Who changed this page table entry last?", from the log alone. */

import { type Command, type Event, type Geometry, type LogEntry, X86_64 } from '@cowlab/core';
import { changedPtes } from './event-pages.ts';
import type { ReadModel } from './read-model.ts';

export interface PteChange {
  readonly position: number;
  readonly command: Command;
  readonly event: Event;
}

/** Every change to the entry for `vpn` of `mm`, in order. An mm id that is used again starts a new history. */
export function pageHistory(
  log: Iterable<LogEntry>,
  mm: number,
  vpn: number,
  geometry: Geometry = X86_64,
): readonly PteChange[] {
  const history = new PteHistory(mm, vpn, geometry);
  for (const entry of log) history.apply(entry);
  return history.value;
}

export function lastChange(
  log: Iterable<LogEntry>,
  mm: number,
  vpn: number,
  geometry: Geometry = X86_64,
): PteChange | null {
  return pageHistory(log, mm, vpn, geometry).at(-1) ?? null;
}

/** The same, fed entry by entry. It asks no world. */
export class PteHistory implements ReadModel<readonly PteChange[]> {
  private found: PteChange[] = [];
  /** The entry is clear, as far as the log tells. */
  private empty = true;

  constructor(readonly mm: number, readonly vpn: number, private readonly geometry: Geometry = X86_64) {}

  get value(): readonly PteChange[] {
    return this.found;
  }

  apply(entry: LogEntry): void {
    const { position, command } = entry;
    for (const event of entry.events) {
      if (event.type === 'MmCreated' && event.mm === this.mm) {
        this.found = [];
        this.empty = true;
      } else if (this.alters(event)) this.found.push({ position, command, event });
    }
  }

  /**
   * Also keeps track of whether the entry is clear, without which a run that passes over it would count as a change.
   */
  private alters(event: Event): boolean {
    for (const run of changedPtes(event, this.geometry)) {
      if (run.mm !== this.mm || this.vpn < run.vpn || this.vpn >= run.vpn + run.nr) continue;
      const wasEmpty = this.empty;
      switch (event.type) {
        case 'FilePagesMapped':
          // Fault-around leaves entries alone that hold something, and pages that the page cache has not.
          if (!wasEmpty) return false;
          this.empty = false;
          return true;
        case 'PtesZapped':
        case 'PudCleared':
          this.empty = true;
          return !wasEmpty;
        case 'PtesMoved': {
          const left = run.vpn === event.vpn;
          this.empty = left;
          return !left || !wasEmpty;
        }
        case 'PtesProtected':
        case 'PtesAccessed':
          return !wasEmpty;
        default:
          this.empty = false;
          return true;
      }
    }
    return false;
  }
}
