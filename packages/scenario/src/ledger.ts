/**
 * What exists while a scenario is read: processes, their regions, pins and pipes. It refuses what cannot be meant (a
 * step of a process that was never forked, a page outside its region) and nothing else: steps that the kernel would
 * answer with an errno, such as a read of an unmapped page, are what scenarios are about.
 */
import type { Cursor } from './cursor.ts';
import type { MapKind } from './operand.ts';
import { factsOf, type Step } from './words/words.ts';

/** Sizes are those at mmap; munmap does not shrink them, because a scenario may touch the hole. */
type Region = { readonly kind: MapKind; readonly nr: number };
type Regions = Map<number, Region>;
type Process = { regions: Regions; readonly bornLine: number; exitLine?: number };
type Held = { readonly start: number; readonly nr: number; readonly line: number; dropLine?: number };
type Slots = 'pin' | 'pipe';
const RELEASE = { pin: 'unpin', pipe: 'vdrop' } as const;
/** 4 KiB pages in a 2 MiB huge page. */
const HUGE_NR = 512;
const STORMED: readonly MapKind[] = ['anon', 'thp', 'huge'];

export class Ledger {
  private readonly processes = new Map<number, Process>([[0, { regions: new Map(), bornLine: 0 }]]);
  private readonly held = { pin: new Map<number, Held>(), pipe: new Map<number, Held>() };
  /** Region number → the most pages any process ever had there. */
  private readonly mappedMax = new Map<number, number>();
  private storms = 0;

  admit(step: Step, at: Cursor): void {
    const { effect, slots = 'pin' } = factsOf(step.op);
    if ('p' in step) {
      const process = this.process(step.p, at);
      if (effect === 'ends') process.exitLine = at.line.nr;
      // The threads keep the old mm. Its regions stay known: after exec a touch is a SIGSEGV, not a slip.
      else if (effect === 'execs') process.regions = new Map(process.regions);
      else if ('child' in step) this.child(step.child, process.regions, effect === 'shares', at);
      else if (step.op === 'mmap') this.map(process.regions, step.r, step, at);
      else if (step.op === 'mremap') this.remap(process, step.p, step.r, step.nr, at);
      else if ('page' in step) this.page(step.p, step.r, step.page, at);
      else if ('start' in step) {
        const { nr } = this.region(step.p, step.r, step.start + step.nr, at);
        inside(step.start, `region ${step.r}`, 0, nr, 'A', at);
        inside(step.start + step.nr - 1, `region ${step.r}`, 0, nr, 'N', at);
        if (effect === 'storms') this.storm(step.p, step.r, at);
        if (step.op === 'move') this.moved(process.regions, step);
        if ('slot' in step) this.hold(slots, step.slot, step.start, step.nr, at);
      }
    } else if ('page' in step) this.holding(slots, step.slot, at, step.page);
    else if ('slot' in step) this.holding(slots, step.slot, at).dropLine = at.line.nr;
  }

  page(p: number, r: number, page: number, at: Cursor): void {
    inside(page, `region ${r}`, 0, this.region(p, r, page + 1, at).nr, 'PAGE', at);
  }

  /** A watched page must be mapped at some time, by whichever process. */
  watched(r: number, page: number, column: number, at: Cursor): void {
    const nr = this.mappedMax.get(r);
    if (nr !== undefined) return inside(page, `region ${r}`, 0, nr, column, at);
    throw at.fault('R', `region ${r} is never mapped`, `add "mmap 0 ${r} anon ${page + 1}" or drop this line`);
  }

  stormed(at: Cursor): void {
    if (this.storms === 0)
      throw at.fault('SNAPSHOT', 'there is no storm', 'put "storm P R A N CHILDREN" among the steps');
  }

  /** A slot that was filled, and perhaps released since. */
  everHeld(slots: Slots, slot: number, at: Cursor, page?: number): Held {
    const held = this.held[slots].get(slot);
    if (held === undefined) {
      const mend = `put "${slots === 'pin' ? 'pin' : 'vmsplice'} P ${slot} R A N" before this line`;
      throw at.fault('SLOT', `${slots} slot ${slot} was never filled`, mend);
    }
    if (page !== undefined && slots === 'pin') inside(page, `pin slot ${slot}`, held.start, held.nr, 'PAGE', at);
    if (page !== undefined && slots === 'pipe') inside(page, `pipe slot ${slot}`, 0, held.nr, 'INDEX', at);
    return held;
  }

  holding(slots: Slots, slot: number, at: Cursor, page?: number): Held {
    const held = this.everHeld(slots, slot, at, page);
    if (held.dropLine === undefined) return held;
    const mend = `move "${RELEASE[slots]} ${slot}" below the last use`;
    throw at.fault('SLOT', `${slots} slot ${slot} was released at line ${held.dropLine}`, mend);
  }

  private process(p: number, at: Cursor): Process {
    const process = this.processes.get(p);
    if (process === undefined) throw at.fault('P', `process ${p} does not exist`, `put "fork 0 ${p}" before this line`);
    if (process.exitLine === undefined) return process;
    throw at.fault('P', `process ${p} exited at line ${process.exitLine}`, `move "exit ${p}" below its last step`);
  }

  private region(p: number, r: number, nr: number, at: Cursor): Region {
    const region = this.process(p, at).regions.get(r);
    if (region !== undefined) return region;
    throw at.fault('R', `process ${p} never mapped region ${r}`, `put "mmap ${p} ${r} anon ${nr}" before this line`);
  }

  /** Of shared memory the child has no snapshot. */
  private storm(p: number, r: number, at: Cursor): void {
    const { kind } = this.region(p, r, 1, at);
    if (!STORMED.includes(kind))
      throw at.fault('R', `region ${r} is of kind ${kind}`, `use one of ${STORMED.join(', ')}`);
    this.storms++;
  }

  private map(regions: Regions, r: number, { kind, nr }: Region, at: Cursor): void {
    if (kind === 'huge' || kind === 'thp') wholeHugePages(kind, nr, at);
    regions.set(r, { kind, nr });
    this.mappedMax.set(r, Math.max(nr, this.mappedMax.get(r) ?? 0));
  }

  /**
   * Both the pages cut off and those added may be touched. A THP may be cut in its middle: the kernel splits the PMD.
   */
  private remap({ regions }: Process, p: number, r: number, nr: number, at: Cursor): void {
    const old = this.region(p, r, nr, at);
    if (old.kind === 'huge') wholeHugePages(old.kind, nr, at);
    regions.set(r, { kind: old.kind, nr: Math.max(nr, old.nr) });
    this.mappedMax.set(r, Math.max(nr, this.mappedMax.get(r) ?? 0));
  }

  /** The pages moved are of their old kind, whatever lay at the new place. */
  private moved(
    regions: Regions,
    { r, to, at: first, nr }: { readonly r: number; readonly to: number; readonly at: number; readonly nr: number },
  ): void {
    const kind = (regions.get(to) ?? regions.get(r))?.kind ?? 'anon';
    const most = Math.max(first + nr, regions.get(to)?.nr ?? 0);
    regions.set(to, { kind, nr: most });
    this.mappedMax.set(to, Math.max(most, this.mappedMax.get(to) ?? 0));
  }

  private child(child: number, regions: Regions, sharesMm: boolean, at: Cursor): void {
    const known = this.processes.get(child);
    if (known !== undefined) {
      const since = known.bornLine === 0 ? 'from the start' : `since line ${known.bornLine}`;
      throw at.fault('CHILD', `process ${child} exists ${since}`, `use the free id ${freeId(this.processes)}`);
    }
    this.processes.set(child, { regions: sharesMm ? regions : new Map(regions), bornLine: at.line.nr });
  }

  private hold(slots: Slots, slot: number, start: number, nr: number, at: Cursor): void {
    const held = this.held[slots].get(slot);
    if (held !== undefined && held.dropLine === undefined) {
      const mend = `put "${RELEASE[slots]} ${slot}" before this line or use slot ${freeId(this.held[slots])}`;
      throw at.fault('SLOT', `${slots} slot ${slot} is in use since line ${held.line}`, mend);
    }
    this.held[slots].set(slot, { start, nr, line: at.line.nr });
  }
}

function inside(page: number, of: string, start: number, nr: number, where: string | number, at: Cursor): void {
  if (page >= start && page < start + nr) return;
  const pages = nr === 1 ? `page ${start}` : `pages ${start} to ${start + nr - 1}`;
  throw at.fault(where, `page ${page} is outside ${of}`, `use ${pages}`);
}

function wholeHugePages(kind: MapKind, nr: number, at: Cursor): void {
  if (nr % HUGE_NR === 0) return;
  const whole = Math.ceil(nr / HUGE_NR) * HUGE_NR;
  throw at.fault('N', `N is ${nr} for kind ${kind}`, `use a multiple of ${HUGE_NR}, such as ${whole}`);
}

function freeId(taken: ReadonlyMap<number, unknown>): number {
  let id = 0;
  while (taken.has(id)) id++;
  return id;
}
