/**
 * Do a device and its owner look at the same pages? For each live pin, page by page: the frame it holds, the frame its
 * owner sees there, and, where the two differ, since which command and through whom.
 *
 * Looks only at pinned pages whose entries the command's facts have changed.
 */

import { type Command, type Event, eventsThat, type LogEntry } from '@cowlab/core';
import type { WorldView } from '../world-view.ts';
import { changedPtes, type PageRun } from './event-pages.ts';
import type { ReadModel } from './read-model.ts';

/**
 * `cow`: a write (or an unshare) gave the owner another page. `owner`: its own munmap(), MADV_DONTNEED, mremap() and
 * the
 * like. `reclaim`: the kernel took the page out of the owner's page table by itself. `exit`: the owner's mm is gone.
 * `unknown`: it was so when the pin was taken.
 */
export type DivergenceCause = 'cow' | 'owner' | 'reclaim' | 'exit' | 'unknown';

export interface Divergence {
  readonly cause: DivergenceCause;
  /** Of the command since which they differ. */
  readonly position: number;
  readonly command: Command;
  /** The fact that parted them; null where it was so when the pin was taken. */
  readonly event: Event | null;
}

export interface PinnedPage {
  /** Within the pin. */
  readonly index: number;
  /** Where the pages were taken. */
  readonly vpn: number;
  /** Frame that the pin holds. */
  readonly pfn: number;
  /** Frame that the owner sees; -1 for none. */
  readonly ownerPfn: number;
  readonly state: 'coherent' | 'diverged';
  readonly divergence: Divergence | null;
}

export interface PinRecord {
  readonly pin: number;
  /** 0 for a pipe. */
  readonly device: number;
  /** FOLL_* of the request. */
  readonly flags: number;
  /** The mm the pages were taken from. Its number may be in use again when `ownerGone`. */
  readonly mm: number;
  readonly ownerGone: boolean;
  readonly pages: readonly PinnedPage[];
}

/** A pinned page whose owner's view has just changed. `was` is null where it was coherent before. */
export interface LedgerChange {
  readonly pin: number;
  readonly device: number;
  readonly mm: number;
  readonly page: PinnedPage;
  readonly was: Divergence | null;
}

interface Held {
  readonly pin: number;
  readonly device: number;
  readonly flags: number;
  readonly mm: number;
  readonly vpn: number;
  /** By index; -1 for a page that the pin does not hold. */
  readonly pfns: Int32Array;
  ownerGone: boolean;
  /** By index; what is missing is coherent. */
  readonly diverged: Map<number, { readonly divergence: Divergence; readonly ownerPfn: number }>;
}

export class PinLedger implements ReadModel<readonly PinRecord[]> {
  private readonly held = new Map<number, Held>();
  /** Pins by the page tables that they reach into: key `mm:table`. */
  private readonly byTable = new Map<string, Set<Held>>();
  /** Entries of a page table. */
  private fanout = 1;

  /** Returns the pages whose owner came to see another frame, or their own again. */
  apply(entry: LogEntry, world: WorldView): readonly LedgerChange[] {
    this.fanout = 1 << world.geometry.bits;
    const changes: LedgerChange[] = [];
    /** First fact about each page, by pin and index: that is the one that parted them. */
    const touched = new Map<Held, Map<number, Event>>();
    for (const event of entry.events) {
      if (event.type === 'MmDestroyed') this.ownerGone(event.mm, entry, event, changes);
      else if (event.type === 'PinClosed') this.close(event.pin);
      else if (this.held.size > 0 && CHANGING.has(event.type)) {
        for (const run of changedPtes(event, world.geometry)) this.touch(touched, run, event);
      }
    }
    for (const [held, pages] of touched) {
      if (this.held.get(held.pin) !== held || held.ownerGone) continue;
      for (const [index, event] of pages) this.look(world, held, index, entry, event, changes);
    }
    for (const event of entry.events) {
      if (event.type === 'PinOpened' && world.isPinLive(event.pin) && !this.held.has(event.pin))
        this.open(event.pin, entry, world);
    }
    return changes;
  }

  /** Every live pin, lowest number first. */
  get value(): readonly PinRecord[] {
    return [...this.held.values()].sort((a, b) => a.pin - b.pin).map((held) => this.record(held));
  }

  pin(pin: number): PinRecord | null {
    const held = this.held.get(pin);
    return held === undefined ? null : this.record(held);
  }

  private record(held: Held): PinRecord {
    const pages: PinnedPage[] = [];
    for (let index = 0; index < held.pfns.length; index++)
      if (held.pfns[index] >= 0) pages.push(this.page(held, index));
    return { pin: held.pin, device: held.device, flags: held.flags, mm: held.mm, ownerGone: held.ownerGone, pages };
  }

  private page(held: Held, index: number): PinnedPage {
    const pfn = held.pfns[index];
    const found = held.diverged.get(index);
    return { index, vpn: held.vpn + index, pfn, ownerPfn: found === undefined ? pfn : found.ownerPfn,
      state: found === undefined ? 'coherent' : 'diverged', divergence: found?.divergence ?? null };
  }

  /** What differs already does so since the pin was taken. */
  private open(pin: number, { position, command }: LogEntry, world: WorldView): void {
    const { device, flags, mm, vpn, nr, ownerGone } = world.holderOf(pin);
    const held: Held = { pin, device, flags, mm, vpn, ownerGone, pfns: new Int32Array(nr), diverged: new Map() };
    const before: Divergence = { cause: 'unknown', position, command, event: null };
    for (let index = 0; index < nr; index++) {
      const pfn = held.pfns[index] = world.pinnedFrame(pin, index);
      const ownerPfn = pfn < 0 || ownerGone ? -1 : world.frameAt(mm, vpn + index);
      if (pfn >= 0 && pfn !== ownerPfn) held.diverged.set(index, { divergence: before, ownerPfn });
    }
    this.held.set(pin, held);
    if (ownerGone) return;
    for (const key of this.tables(held)) {
      const there = this.byTable.get(key);
      if (there === undefined) this.byTable.set(key, new Set([held]));
      else there.add(held);
    }
  }

  private close(pin: number): void {
    const held = this.held.get(pin);
    if (held === undefined) return;
    this.held.delete(pin);
    this.forget(held);
  }

  private forget(held: Held): void {
    for (const key of this.tables(held)) {
      const there = this.byTable.get(key);
      there?.delete(held);
      if (there?.size === 0) this.byTable.delete(key);
    }
  }

  private *tables({ mm, vpn, pfns }: Held): Generator<string> {
    const last = Math.floor((vpn + pfns.length - 1) / this.fanout);
    for (let table = Math.floor(vpn / this.fanout); table <= last; table++) yield `${mm}:${table}`;
  }

  private touch(touched: Map<Held, Map<number, Event>>, run: PageRun, event: Event): void {
    const last = Math.floor((run.vpn + run.nr - 1) / this.fanout);
    for (let table = Math.floor(run.vpn / this.fanout); table <= last; table++) {
      for (const held of this.byTable.get(`${run.mm}:${table}`) ?? []) {
        const from = Math.max(run.vpn, held.vpn, table * this.fanout);
        const to = Math.min(run.vpn + run.nr, held.vpn + held.pfns.length, (table + 1) * this.fanout);
        if (from >= to) continue;
        let pages = touched.get(held);
        if (pages === undefined) touched.set(held, pages = new Map<number, Event>());
        for (let vpn = from; vpn < to; vpn++) {
          const earlier = pages.get(vpn - held.vpn);
          if (earlier === undefined || (!PARTING.has(earlier.type) && PARTING.has(event.type)))
            pages.set(vpn - held.vpn, event);
        }
      }
    }
  }

  /** What parted the two first stays the cause until they meet again. */
  private look(
    world: WorldView,
    held: Held,
    index: number,
    { position, command }: LogEntry,
    event: Event,
    changes: LedgerChange[],
  ): void {
    const pfn = held.pfns[index];
    if (pfn < 0) return;
    const before = held.diverged.get(index);
    const ownerPfn = world.frameAt(held.mm, held.vpn + index);
    if (ownerPfn === (before === undefined ? pfn : before.ownerPfn)) return;
    if (ownerPfn === pfn) held.diverged.delete(index);
    else {
      const now: Divergence = { cause: causeOf(event, command), position, command, event };
      held.diverged.set(index, { divergence: before?.divergence ?? now, ownerPfn });
    }
    changes.push(this.change(held, index, before?.divergence ?? null));
  }

  private ownerGone(mm: number, { position, command }: LogEntry, event: Event, changes: LedgerChange[]): void {
    for (const held of this.held.values()) {
      if (held.mm !== mm || held.ownerGone) continue;
      held.ownerGone = true;
      this.forget(held);
      const gone: Divergence = { cause: 'exit', position, command, event };
      for (let index = 0; index < held.pfns.length; index++) {
        if (held.pfns[index] < 0) continue;
        const was = held.diverged.get(index)?.divergence ?? null;
        held.diverged.set(index, { divergence: was ?? gone, ownerPfn: -1 });
        changes.push(this.change(held, index, was));
      }
    }
  }

  private change(held: Held, index: number, was: Divergence | null): LedgerChange {
    return { pin: held.pin, device: held.device, mm: held.mm, page: this.page(held, index), was };
  }
}

/** Facts that take a page away from an address; and these with the facts that show it one. */
const PARTING = eventsThat('parts');
const CHANGING = eventsThat('parts', 'meets');

/** Calls by which a process changes its own mappings. */
const OWNERS_CALLS: ReadonlySet<Command['type']> = new Set(['Munmap', 'Madvise', 'Mremap', 'Mmap', 'Brk']);

function causeOf(event: Event, command: Command): DivergenceCause {
  if (event.type === 'CowBroken' || event.type === 'HugeCowBroken') return 'cow';
  if (event.type === 'PageSwappedOut') return 'reclaim';
  return OWNERS_CALLS.has(command.type)
    ? 'owner'
    : command.type === 'Exit' || command.type === 'Execve'
    ? 'exit'
    : 'reclaim';
}
