/**
 * What a race's steps may name: processes that somebody forks, regions that somebody maps, slots that somebody fills.
 * A race that asks about nothing would be found safe; so whatever cannot be meant is refused.
 */
import { type Cursor, quoted } from '@cowlab/scenario';
import type { RaceStep } from '../machine/operations.ts';

/**
 * Of the small machine that races run on (`RACE_GEOMETRY`): pages from the start of one region to the next, and
 * regions.
 */
export const REGION_PAGES = 16;
export const REGIONS = 3;
/** Base pages of a huge page. */
export const HUGE_PAGES = 4;
const PROCESSES = 8;
const SLOTS = 6;

interface Said {
  readonly step: RaceStep;
  readonly at: Cursor;
}

const HOLDS: readonly string[] = ['pin', 'rpin', 'spin', 'gupfast'];

export class RaceLedger {
  private readonly said: Said[] = [];
  private readonly parents = new Map<number, number>();
  private readonly born = new Map<number, number>();
  private readonly filled = { pin: new Map<number, Extract<RaceStep, { slot: number; r: number }>>(),
    pipe: new Map<number, Extract<RaceStep, { slot: number; r: number }>>() };
  private readonly filledAt = { pin: new Map<number, number>(), pipe: new Map<number, number>() };
  /** Most pages that a process ever had in a region. */
  private readonly sizes = new Map<string, number>();

  /** In the order of the text: what it forks, maps and fills. Who may name that is asked when all is known. */
  admit(step: RaceStep, at: Cursor): void {
    if ('p' in step && step.p >= PROCESSES)
      throw at.fault('P', `P is ${quoted(String(step.p))}`, `use a whole number from 0 to ${PROCESSES - 1}`);
    if ('r' in step && step.r >= REGIONS)
      throw at.fault('R', `R is ${quoted(String(step.r))}`,
        `use a whole number from 0 to ${REGIONS - 1}, the machine of a race is small`);
    if ('slot' in step && step.slot >= SLOTS)
      throw at.fault('SLOT', `SLOT is ${quoted(String(step.slot))}`, `use a whole number from 0 to ${SLOTS - 1}`);
    this.said.push({ step, at });
    if (step.op === 'fork' || step.op === 'thread') this.fork(step.p, step.child, at);
    else if (step.op === 'mmap' || step.op === 'mremap') this.map(step, at);
    else if ('slot' in step && 'r' in step) this.fill(step, at);
  }

  check(): void {
    for (const { step, at } of this.said) {
      if ('p' in step && !this.descends(step.p))
        throw at.fault('P', `process ${step.p} does not exist`, `let somebody "fork 0 ${step.p}"`);
      if ('r' in step && step.op !== 'mmap') this.inRegion(step, at);
      else if ('slot' in step) this.inSlot(step, at);
    }
  }

  private fork(p: number, child: number, at: Cursor): void {
    if (child >= PROCESSES)
      throw at.fault('CHILD', `CHILD is ${quoted(String(child))}`, `use a whole number from 1 to ${PROCESSES - 1}`);
    const line = this.born.get(child);
    if (child === 0 || line !== undefined)
      throw at.fault('CHILD', `process ${child} exists ${child === 0 ? 'from the start' : `since line ${line}`}`,
        `use the free id ${this.freeId()}`);
    this.parents.set(child, p);
    this.born.set(child, at.line.nr);
  }

  private map(step: Extract<RaceStep, { op: 'mmap' | 'mremap' }>, at: Cursor): void {
    if (step.nr > REGION_PAGES)
      throw at.fault('N', `N is ${step.nr}`, `use 1 to ${REGION_PAGES} pages, the machine of a race is small`);
    if (step.op === 'mmap' && (step.kind === 'huge' || step.kind === 'thp') && step.nr % HUGE_PAGES !== 0) {
      throw at.fault('N', `N is ${step.nr} for kind ${step.kind}`,
        `use a multiple of ${HUGE_PAGES}: so many pages has a huge page in a race`);
    }
    const key = `${step.p}:${step.r}`;
    this.sizes.set(key, Math.max(step.nr, this.sizes.get(key) ?? 0));
  }

  private fill(step: Extract<RaceStep, { slot: number; r: number }>, at: Cursor): void {
    const slots = HOLDS.includes(step.op) ? 'pin' : 'pipe';
    const line = this.filledAt[slots].get(step.slot);
    if (line !== undefined)
      throw at.fault('SLOT', `${slots} slot ${step.slot} is filled at line ${line}`,
        'use another slot: in a race each is filled once');
    this.filled[slots].set(step.slot, step);
    this.filledAt[slots].set(step.slot, at.line.nr);
  }

  private inRegion(step: Extract<RaceStep, { r: number }>, at: Cursor): void {
    const nr = this.sizeOf(step.p, step.r);
    if (nr === 0)
      throw at.fault('R', `process ${step.p} never maps region ${step.r}`,
        `put "mmap ${step.p} ${step.r} anon 1" before the actors`);
    if ('page' in step && step.page >= nr)
      throw at.fault('PAGE', `page ${step.page} is outside region ${step.r}`, pagesOf(0, nr));
    if (!('start' in step)) return;
    if (step.start >= nr) throw at.fault('A', `page ${step.start} is outside region ${step.r}`, pagesOf(0, nr));
    if (step.start + step.nr > nr)
      throw at.fault('N', `page ${step.start + step.nr - 1} is outside region ${step.r}`, pagesOf(0, nr));
  }

  private inSlot(step: Extract<RaceStep, { slot: number }>, at: Cursor): void {
    const slots = step.op === 'vdrop' ? 'pipe' : 'pin';
    const held = this.filled[slots].get(step.slot);
    if (held === undefined)
      throw at.fault('SLOT', `${slots} slot ${step.slot} is never filled`,
        `let somebody "${slots === 'pin' ? 'pin' : 'vmsplice'} 0 ${step.slot} R A N"`);
    if ('page' in step && (step.page < held.start || step.page >= held.start + held.nr)) {
      throw at.fault('PAGE', `page ${step.page} is outside pin slot ${step.slot}`, pagesOf(held.start, held.nr));
    }
  }

  /** Two that are each other's child were never born. */
  private descends(p: number): boolean {
    const line = new Set<number>();
    let ancestor: number | undefined = p;
    while (ancestor !== undefined && ancestor !== 0 && !line.has(ancestor)) {
      line.add(ancestor);
      ancestor = this.parents.get(ancestor);
    }
    return ancestor === 0;
  }

  /** A child has what its parent ever had: who runs first is what a race is about. `p` descends from process 0. */
  private sizeOf(p: number, r: number): number {
    const own = this.sizes.get(`${p}:${r}`) ?? 0;
    const parent = this.parents.get(p);
    return parent === undefined ? own : Math.max(own, this.sizeOf(parent, r));
  }

  private freeId(): number {
    let id = 1;
    while (this.born.has(id)) id++;
    return id;
  }
}

function pagesOf(start: number, nr: number): string {
  return nr === 1 ? `use page ${start}` : `use pages ${start} to ${start + nr - 1}`;
}
