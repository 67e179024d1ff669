/**
 * Facts of one command, joined into runs as they come. Stepped execution yields a fact a page, a bulk path a fact a
 * run; joining makes the log of both the same, so the log never tells how the model was driven.
 */

import { eventsThat } from './event-kinds.ts';
import type { Event } from './events.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Fields that count up along a run; every other field must be equal for two facts to be one. */
const RUNNING = ['pfn', 'index', 'to'];
/** How far back a fact may join: past facts of the same run of faults ("mapped, stored, mapped, stored …"). */
const LOOK_BACK = 3;
const LOOKED_PAST = eventsThat('passes');
const MOVED = eventsThat('passes', 'moves');
const JOINS = eventsThat('passes', 'moves', 'joins');

export class Recorder {
  private events: Event[] = [];
  /** Entries per page table: no run crosses one. */
  constructor(private readonly fanout: number) {}

  add(event: Event): void {
    // At the start of a page table there is nothing to join.
    if ('vpn' in event && event.vpn % this.fanout === 0) {
      this.events.push(event);
      return;
    }
    for (let back = this.events.length - 1;
      JOINS.has(event.type) && back >= Math.max(0, this.events.length - LOOK_BACK); back--)
    {
      const earlier = this.events[back];
      if (earlier.type === event.type) {
        const joined = this.join(earlier, event);
        if (joined === null) break;
        this.events[back] = joined;
        return;
      }
      if (!LOOKED_PAST.has(earlier.type) || !MOVED.has(event.type) || overlap(earlier, event)) break;
    }
    this.events.push(event);
  }

  take(): readonly Event[] {
    const events = this.events;
    this.events = [];
    return events;
  }

  private join(earlier: Event, later: Event): Event | null {
    const a = earlier as Fields;
    const b = later as Fields;
    const nr = a.nr as number;
    // Most facts fail here, before anything is compared field by field.
    if ('vpn' in later && 'vpn' in earlier && later.vpn !== earlier.vpn + nr) return null;
    if ('index' in later && 'index' in earlier && later.index !== earlier.index + nr) return null;
    for (const key of Object.keys(b)) {
      if (key === 'nr') continue;
      const before = a[key];
      const after = b[key];
      if (key === 'vpn' || (RUNNING.includes(key) && !(key === 'to' && 'from' in b))) {
        if (after !== (before as number) + nr) return null;
      } else if (before !== after) return null;
    }
    if ('vpn' in b && Math.floor((a.vpn as number) / this.fanout) !== Math.floor((b.vpn as number) / this.fanout))
      return null;
    return { ...earlier, nr: nr + (b.nr as number) } as Event;
  }
}

/** Do two facts speak of the same page, by its number or by its frame? Then their order matters. */
function overlap(earlier: Event, later: Event): boolean {
  if (!('nr' in earlier && 'nr' in later)) return false;
  if ('pfn' in earlier && 'pfn' in later && meet(earlier.pfn, earlier.nr, later.pfn, later.nr)) return true;
  return 'vpn' in earlier && 'vpn' in later && meet(earlier.vpn, earlier.nr, later.vpn, later.nr);
}

const meet = (a: number, nrA: number, b: number, nrB: number): boolean => a < b + nrB && b < a + nrA;
