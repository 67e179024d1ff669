/**
 * Who carries a program out: it knows which processes run, where regions lie and which slots hold pages. Region r of
 * every process lies at the same place, so a fork() child finds its parent's regions where it expects them.
 */
import { type Command, type Geometry, hugePages, PAGE_SIZE, type Result, taskSizePages } from '@cowlab/core';
import { FOLIO_ORDERS, FOLIO_SIZES, type MachineSettings, type MthpMode, settingLines } from '../machine-settings.ts';

/** What a step came to. The controller refuses slots that hold nothing with ENXIO, which no mm call returns. */
export type StepOutcome = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly errno: string;
  readonly why: string };

/** A pin or pipe slot in use: where its pages were taken. */
export interface Slot {
  /** Number of the pin in the machine. */
  readonly pin: number;
  readonly p: number;
  readonly r: number;
  /** First page of the region that it holds, and how many. */
  readonly start: number;
  readonly nr: number;
}

export class Controller {
  readonly pins = new Map<number, Slot>();
  readonly pipes = new Map<number, Slot>();
  /** Processes that run, in the order of their numbers. */
  readonly processes = new Set<number>();
  /** Region to the number of the memfd behind it. */
  readonly files = new Map<number, number>();
  /** Region to the number of the device memory behind it. */
  readonly devices = new Map<number, number>();
  readonly hugePages: number;
  /** Regions ever mapped, with their sizes in pages: a new mmap replaces what was there. */
  readonly sizes = new Map<number, number>();
  /** Room for one region, in pages. */
  readonly slotPages: number;

  constructor(
    readonly execute: (command: Command) => Result,
    geometry: Geometry,
    pool: number,
    settings: MachineSettings = {},
  ) {
    this.hugePages = hugePages(geometry);
    // Regions lie far apart, so that neighbours never merge and a region can grow.
    this.slotPages = Math.max(hugePages(geometry) * 4, Math.min(2 ** 21, Math.floor(taskSizePages(geometry) / 8)));
    execute({ type: 'SetPool', hugetlb: pool });
    // A machine as recordings presuppose it need not be told.
    if (settingLines(settings).length > 0) execute(folioSettings(settings));
    execute({ type: 'Spawn', task: 0 });
    this.processes.add(0);
  }

  /** Page number at which region `r` starts, in every process. */
  regionStart(r: number): number {
    return (r + 1) * this.slotPages;
  }

  vpn(r: number, page: number): number {
    return this.regionStart(r) + page;
  }

  range(at: { p: number; r: number; start: number; nr: number }): { task: number; addr: number; length: number } {
    return { task: at.p, addr: this.vpn(at.r, at.start) * PAGE_SIZE, length: at.nr * PAGE_SIZE };
  }
}

/** Sizes as bits, one an order. */
function folioSettings({ thp = 'madvise', mthp = {} }: MachineSettings): Command {
  const orders = (mode: MthpMode): number =>
    FOLIO_SIZES.reduce((bits, size) => (mthp[size] === mode ? bits | (1 << FOLIO_ORDERS[size]) : bits), 0);
  return { type: 'SetFolios', thp, always: orders('always'), madvise: orders('madvise'), inherit: orders('inherit') };
}
