/**
 * A world to look at. Nothing here changes it, and nothing leads to what could: `evolve` alone changes a world, and the
 * lab alone holds the one that its log leads to. A view shows the world as it is at the moment it is asked, also in the
 * middle of a command; what it gives are copies.
 */

import { frameAt, type Geometry, inspectMm, inspectPage, inspectPin, inspectVmaAt, type MmSnapshot, type PageSnapshot,
  PG_ANON, PIN, pinnedFrame, type PinSnapshot, TASK, type VmaSnapshot, type World } from '@cowlab/core';
import { type LeafRun, leafRuns } from './models/page-runs.ts';

/** A pin without its pages. */
export interface PinHolder {
  /** 0 for a pipe. */
  readonly device: number;
  /** The mm that the pages were taken from. Its number may be in use again when `ownerGone`. */
  readonly mm: number;
  readonly ownerGone: boolean;
  /** Where the pages were taken, and how many were asked for. */
  readonly vpn: number;
  readonly nr: number;
  /** FOLL_* of the request. */
  readonly flags: number;
}

export class WorldView {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    Object.freeze(this);
  }

  get geometry(): Geometry {
    return this.#world.geometry;
  }

  /** The whole machine in 53 bits. */
  hash(): string {
    return this.#world.hash();
  }

  /** A world of your own: changing it changes nobody else's. */
  clone(): World {
    return this.#world.clone();
  }

  /** Base pages in use in the whole machine. */
  get pagesUsed(): number {
    return this.#world.pages.used;
  }

  /** Bytes that the model keeps it in, without room for what comes. */
  get bytesUsed(): number {
    return this.#world.bytesUsed;
  }

  page(mm: number, vpn: number): PageSnapshot {
    return inspectPage(this.#world, mm, vpn);
  }

  mm(mm: number): MmSnapshot {
    return inspectMm(this.#world, mm);
  }

  /** The mapping that holds a page; null where there is none. */
  vma(mm: number, vpn: number): VmaSnapshot | null {
    return inspectVmaAt(this.#world, mm, vpn);
  }

  pin(pin: number): PinSnapshot {
    return inspectPin(this.#world, pin);
  }

  /** The address space of a task that runs, -1 where none does. */
  mmOf(task: number): number {
    const { tasks } = this.#world;
    return tasks.isLive(task) ? tasks.get(task, TASK.MM) : -1;
  }

  isTaskLive(task: number): boolean {
    return this.#world.tasks.isLive(task);
  }

  isMmLive(mm: number): boolean {
    return this.#world.mms.isLive(mm);
  }

  isPinLive(pin: number): boolean {
    return this.#world.pins.isLive(pin);
  }

  /** Ascending. */
  get livePins(): readonly number[] {
    return liveOf(this.#world.pins);
  }

  /** Ascending. */
  get liveMms(): readonly number[] {
    return liveOf(this.#world.mms);
  }

  holderOf(pin: number): PinHolder {
    const { pins } = this.#world;
    return { device: pins.get(pin, PIN.DEVICE), mm: pins.get(pin, PIN.MM),
      ownerGone: pins.get(pin, PIN.OWNER_GONE) !== 0, vpn: pins.get(pin, PIN.VPN), nr: pins.get(pin, PIN.NR),
      flags: pins.get(pin, PIN.FLAGS) };
  }

  /** Frame that a pin holds as its page `index`; -1 for none. */
  pinnedFrame(pin: number, index: number): number {
    return pinnedFrame(this.#world, pin, index);
  }

  /** Frame that `mm` maps at `vpn`; -1 for none. */
  frameAt(mm: number, vpn: number): number {
    return frameAt(this.#world, mm, vpn);
  }

  /** Mappings of a frame, those of its whole huge page included. */
  mapcount(pfn: number): number {
    return this.#world.pages.mapcountAll(pfn);
  }

  isAnon(pfn: number): boolean {
    return this.#world.pages.has(pfn, PG_ANON);
  }

  /** The entries of `mm` in [start, end) as runs, in address order. */
  runs(mm: number, start: number, end: number): Generator<LeafRun, void, undefined> {
    return leafRuns(this.#world, mm, start, end);
  }
}

// Many look through one view; none may change what the others see.
Object.freeze(WorldView.prototype);
Object.freeze(WorldView);

function liveOf(records: { readonly count: number; isLive(id: number): boolean }): readonly number[] {
  return Array.from({ length: records.count }, (_, id) => id).filter((id) => records.isLive(id));
}
