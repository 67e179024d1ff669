/**
 * The observer: what the recorder reads from outside a real machine, read from the model's tables. It loads nothing and
 * changes nothing. `s` is told of programs that clear soft-dirty bits; KSM is not modelled: `K` never appears.
 */
import { pinnedFrame, TASK, type World } from '@cowlab/core';
import type { Driver, Program } from '@cowlab/scenario';
import { comparesProtection, comparesSoftDirty, observedPages, type Observation,
  type PageEntry } from './observation.ts';
import { PageLook } from './page-look.ts';
import type { Reporting } from './reporting.ts';

/** What is seen at one moment: an observation without what the step itself came to. */
export type Sight = Pick<Observation, 'o' | 'd' | 'v'>;

/** The part of a region that is looked at. */
export interface ObservedRegion {
  readonly r: number;
  /** Page number at which the region starts. */
  readonly start: number;
  /** Counted from there. */
  readonly pages: readonly number[];
}

export class Observer {
  readonly regions: readonly ObservedRegion[];
  private readonly page: PageLook;
  /** Frame → class, of the frames that the latest sight and the one before it showed. */
  private shown = new Map<number, number>();
  private shownBefore = this.shown;
  private lastClass = 0;

  constructor(private readonly world: World, private readonly driver: Driver, program: Program, reporting: Reporting) {
    this.regions = Object.entries(program.watch).map(([r, pages]) => ({ r: Number(r),
      start: driver.regionStart(Number(r)), pages: observedPages(pages) })
    );
    this.page = new PageLook(world, reporting, { softDirty: comparesSoftDirty(program),
      protection: comparesProtection(program) && reporting.protection });
    // Whoever gets the frame next, if within the same step, has another page.
    world.pages.frames.onRelease = (pfn) => void this.shown.delete(pfn);
  }

  look(): Sight {
    this.shownBefore = this.shown;
    this.shown = new Map();
    const o: Record<string, Record<string, PageEntry[]>> = {};
    for (const p of this.processes()) {
      this.page.enter(this.world.tasks.get(p, TASK.MM));
      const seen: Record<string, PageEntry[]> = {};
      for (const { r, start, pages } of this.regions) {
        const entries: PageEntry[] = [];
        for (const page of pages) entries.push(this.page.at(start + page, this.classOf));
        seen[r] = entries;
      }
      o[p] = seen;
    }
    const sight: { -readonly [Field in keyof Sight]: Sight[Field] } = { o };
    if (this.driver.pins.size > 0) sight.d = this.devices();
    if (this.driver.pipes.size > 0) sight.v = this.pipes();
    return sight;
  }

  /** Numbers ascending, however the processes came into being. */
  processes(): readonly number[] {
    return [...this.driver.processes].sort((a, b) => a - b);
  }

  /** A frame keeps its number for as long as every sight shows it. */
  private readonly classOf = (pfn: number): number => {
    let known = this.shown.get(pfn);
    if (known === undefined) {
      known = this.shownBefore.get(pfn) ?? ++this.lastClass;
      this.shown.set(pfn, known);
    }
    return known;
  };

  /** Of a pin only those pages are listed that are looked at in the region, too. */
  private devices(): Record<string, [number, number][]> {
    const seen: Record<string, [number, number][]> = {};
    for (const [slot, { pin, r, start, nr }] of this.driver.pins) {
      const list: [number, number][] = [];
      for (const page of this.regions.find((region) => region.r === r)?.pages ?? []) {
        if (page >= start && page < start + nr) list.push([page, this.held(pin, page - start)]);
      }
      seen[slot] = list;
    }
    return seen;
  }

  private pipes(): Record<string, number[]> {
    const seen: Record<string, number[]> = {};
    for (const [slot, { pin, nr }] of this.driver.pipes) {
      const bytes: number[] = [];
      for (let index = 0; index < nr; index++) bytes.push(this.held(pin, index));
      seen[slot] = bytes;
    }
    return seen;
  }

  private held(pin: number, index: number): number {
    return this.world.pages.stamp[pinnedFrame(this.world, pin, index)] & 0xff;
  }
}
