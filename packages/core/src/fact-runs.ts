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
  /** Which of them were made here, so that they may grow as they are: a run of n facts costs one object, not n. */
  private made: boolean[] = [];
  /** Entries per page table: no run crosses one. */
  constructor(private readonly fanout: number) {}

  add(event: Event): void {
    // At the start of a page table there is nothing to join.
    if ('vpn' in event && event.vpn % this.fanout === 0) {
      this.push(event);
      return;
    }
    for (let back = this.events.length - 1;
      JOINS.has(event.type) && back >= Math.max(0, this.events.length - LOOK_BACK); back--)
    {
      const earlier = this.events[back];
      if (earlier.type === event.type) {
        if (!this.follows(earlier, event)) break;
        this.grow(back, (event as Fields).nr as number);
        return;
      }
      if (!LOOKED_PAST.has(earlier.type) || !MOVED.has(event.type) || overlap(earlier, event)) break;
    }
    this.push(event);
  }

  private push(event: Event): void {
    this.events.push(event);
    this.made.push(false);
  }

  private grow(at: number, by: number): void {
    if (!this.made[at]) {
      this.events[at] = { ...this.events[at] };
      this.made[at] = true;
    }
    const run = this.events[at] as Event & { nr: number };
    run.nr += by;
  }

  take(): readonly Event[] {
    const events = this.events;
    this.events = [];
    this.made = [];
    return events;
  }

  /** Does `later` go on where `earlier` ends? */
  private follows(earlier: Event, later: Event): boolean {
    const a = earlier as Fields;
    const b = later as Fields;
    const nr = a.nr as number;
    // Most facts fail here, before anything is compared field by field.
    if ('vpn' in later && 'vpn' in earlier && later.vpn !== earlier.vpn + nr) return false;
    if ('index' in later && 'index' in earlier && later.index !== earlier.index + nr) return false;
    for (const key in b) {
      if (key === 'nr') continue;
      const before = a[key];
      const after = b[key];
      if (key === 'vpn' || (RUNNING.includes(key) && !(key === 'to' && 'from' in b))) {
        if (after !== (before as number) + nr) return false;
      } else if (before !== after) return false;
    }
    return !('vpn' in b)
      || Math.floor((a.vpn as number) / this.fanout) === Math.floor((b.vpn as number) / this.fanout);
  }
}

/** Do two facts speak of the same page, by its number or by its frame? Then their order matters. */
function overlap(earlier: Event, later: Event): boolean {
  if (!('nr' in earlier && 'nr' in later)) return false;
  if ('pfn' in earlier && 'pfn' in later && meet(earlier.pfn, earlier.nr, later.pfn, later.nr)) return true;
  return 'vpn' in earlier && 'vpn' in later && meet(earlier.vpn, earlier.nr, later.vpn, later.nr);
}

const meet = (a: number, nrA: number, b: number, nrB: number): boolean => a < b + nrB && b < a + nrA;
