/**
 * The observer: what the recorder reads from outside a real machine, read from the model's tables. It loads nothing and
 * changes nothing. Soft-dirty and KSM are not modelled: `s` and `K` never appear.
 */
import { inspectMm, inspectPage, type PageSnapshot, pinnedFrame, TASK, type VmaSnapshot, type World } from '@cowlab/core';
import type { Driver, Program } from '@cowlab/scenario';
import { observedPages, type Observation, type PageEntry } from './observation.ts';
import type { Reporting } from './reporting.ts';

/** What is seen at one moment: an observation without what the step itself came to. */
export type Sight = Pick<Observation, 'o' | 'd' | 'v'>;

export class Observer {
  /** Frame → class of the frames that the latest sight showed. */
  private classes = new Map<number, number>();
  private lastClass = 0;
  /** Region → the pages of it that are looked at. */
  readonly regions: readonly { readonly r: number; readonly start: number; readonly pages: readonly number[] }[];

  constructor(private readonly world: World, private readonly driver: Driver, program: Program, private readonly reporting: Reporting) {
    this.regions = Object.entries(program.watch).map(([r, pages]) => ({ r: Number(r), start: driver.regionStart(Number(r)), pages: observedPages(pages) }));
  }

  look(): Sight {
    const before = this.classes;
    this.classes = new Map();
    const o: Record<string, Record<string, PageEntry[]>> = {};
    for (const p of this.processes()) {
      const mm = this.world.tasks.get(p, TASK.MM);
      const vmas = inspectMm(this.world, mm).vmas;
      const seen: Record<string, PageEntry[]> = {};
      for (const { r, start, pages } of this.regions) seen[r] = pages.map((page) => this.entry(mm, vmas, start + page, before));
      o[p] = seen;
    }
    const d = this.devices();
    const v = this.pipes();
    return { o, ...(d !== null && { d }), ...(v !== null && { v }) };
  }

  /** Numbers ascending, however the processes came into being. */
  processes(): readonly number[] {
    return [...this.driver.processes].sort((a, b) => a - b);
  }

  private entry(mm: number, vmas: readonly VmaSnapshot[], vpn: number, before: ReadonlyMap<number, number>): PageEntry {
    const page = inspectPage(this.world, mm, vpn);
    if (!page.present) return 0;
    const value = readable(vmas, vpn) ? page.value & 0xff : null;
    if (page.zero) return [page.level > 0 ? HUGE_ZERO : ZERO, value, 0, this.zeroFlags(page)];
    return [this.classOf(page.pfn, before), value, page.mapcount, this.flags(page)];
  }

  private classOf(pfn: number, before: ReadonlyMap<number, number>): number {
    const known = this.classes.get(pfn) ?? before.get(pfn) ?? ++this.lastClass;
    this.classes.set(pfn, known);
    return known;
  }

  private zeroFlags({ level, vpn }: PageSnapshot): string {
    if (level === 0) return 'Z';
    return `${this.reporting.hugeZeroIsFile ? 'f' : ''}T${vpn % this.world.tables.span(level) === 0 ? 'h' : 't'}Z`;
  }

  private flags(page: PageSnapshot): string {
    const { pfn, head, level, large, anon, hugetlb } = page;
    const { exclusive, mappedExclusively } = this.reporting;
    const mapcount = level > 0 && mappedExclusively === 'by-head' ? this.world.pages.mapcountAll(head) : page.mapcount;
    let flags = mapcount === 1 ? 'x' : '';
    flags += anon ? 'A' : 'f';
    if (page.exclusive && exclusive !== 'never' && (level === 0 || pfn === head || exclusive === 'on-every-page')) flags += 'E';
    if (large) flags += (hugetlb ? 'H' : 'T') + (pfn === head ? 'h' : 't');
    return flags;
  }

  /** Of a pin only those pages are listed that are looked at in the region, too. */
  private devices(): Record<string, [number, number][]> | null {
    if (this.driver.pins.size === 0) return null;
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

  private pipes(): Record<string, number[]> | null {
    if (this.driver.pipes.size === 0) return null;
    const seen: Record<string, number[]> = {};
    for (const [slot, { pin, nr }] of this.driver.pipes) seen[slot] = Array.from({ length: nr }, (_, index) => this.held(pin, index));
    return seen;
  }

  private held(pin: number, index: number): number {
    return this.world.pages.stamp[pinnedFrame(this.world, pin, index)] & 0xff;
  }
}

const ZERO = 0;
const HUGE_ZERO = -1;

function readable(vmas: readonly VmaSnapshot[], vpn: number): boolean {
  for (const { start, end, perms } of vmas) if (vpn >= start && vpn < end) return perms[0] === 'r';
  return false;
}
