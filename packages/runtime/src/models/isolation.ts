/**
 * Isolation: nobody sees what another process writes to its private memory. After each store, by a CPU, a device or a
 * remote process, the frame that was stored to must not be mapped privately by another mm, nor lie in a pipe that
 * another mm filled. Memory that is shared on purpose is left out.
 */

import type { Event, LogEntry } from '@cowlab/core';
import type { WorldView } from '../world-view.ts';
import type { ReadModel } from './read-model.ts';
import { isPrivate, VmaLookup } from './vma-lookup.ts';

export interface Leak {
  /** Whose private memory was written; null where the owner of the writing device's pin is gone. */
  readonly writer: number | null;
  /** The pin through which a device wrote, or null. */
  readonly through: number | null;
  readonly reader: { readonly mm: number } | { readonly pipe: number };
  /** First page that leaks, at the writer's address, and how many do. */
  readonly vpn: number;
  readonly nr: number;
}

interface Pipe {
  readonly mm: number;
  readonly pfns: ReadonlySet<number>;
}

interface Store {
  readonly writer: number | null;
  readonly through: number | null;
  readonly vpn: number;
  readonly pfn: number;
}

export class IsolationWatch implements ReadModel<readonly Leak[]> {
  private readonly pipes = new Map<number, Pipe>();
  private readonly found: Leak[] = [];

  get value(): readonly Leak[] {
    return this.found;
  }

  /** Returns what this entry leaked. */
  apply(entry: LogEntry, world: WorldView): readonly Leak[] {
    const leaks = new Map<string, Leak>();
    const vmas = new VmaLookup(world);
    for (const event of entry.events) {
      if (event.type === 'PinClosed') this.pipes.delete(event.pin);
      else if (event.type === 'PinOpened' && world.isPinLive(event.pin)) this.opened(event.pin, world);
      else for (const store of this.suspects(event, world)) this.judge(store, world, vmas, leaks);
    }
    const now = [...leaks.values()];
    this.found.push(...now);
    return now;
  }

  private opened(pin: number, world: WorldView): void {
    const { device, mm } = world.holderOf(pin);
    if (device === 0) this.pipes.set(pin, { mm, pfns: new Set(world.pin(pin).pages.map(({ pfn }) => pfn)) });
  }

  /** Stores to frames that somebody else may have. */
  private *suspects(event: Event, world: WorldView): Generator<Store> {
    switch (event.type) {
      case 'PagesStored':
        for (const run of world.runs(event.mm, event.vpn, event.vpn + event.nr)) {
          for (let i = 0; i < run.nr; i++) {
            if (this.isSuspect(run.pfn + i, world))
              yield { writer: event.mm, through: null, vpn: run.vpn + i, pfn: run.pfn + i };
          }
        }
        return;
      case 'RemoteStored':
        if (this.isSuspect(event.pfn, world))
          yield { writer: event.mm, through: null, vpn: event.vpn, pfn: event.pfn };
        return;
      case 'DeviceStored': {
        const pfn = world.pinnedFrame(event.pin, event.index);
        // What is mapped from a file is not the owner's own.
        if (!world.isAnon(pfn)) return;
        const { mm, ownerGone, vpn: start } = world.holderOf(event.pin);
        const owner = ownerGone ? null : mm;
        const vpn = start + event.index;
        const owned = owner !== null && world.frameAt(owner, vpn) === pfn;
        if (this.isSuspect(pfn, world) || (!owned && world.mapcount(pfn) > 0))
          yield { writer: owner, through: event.pin, vpn, pfn };
        return;
      }
      default:
    }
  }

  private isSuspect(pfn: number, world: WorldView): boolean {
    if (world.mapcount(pfn) > 1) return true;
    for (const { pfns } of this.pipes.values()) if (pfns.has(pfn)) return true;
    return false;
  }

  private judge(store: Store, world: WorldView, vmas: VmaLookup, leaks: Map<string, Leak>): void {
    const { writer, through, vpn, pfn } = store;
    const note = (key: string, reader: Leak['reader']): void => {
      const known = leaks.get(key);
      leaks.set(key, known === undefined ? { writer, through, reader, vpn, nr: 1 } : { ...known, nr: known.nr + 1 });
    };
    if (through === null && writer !== null && !isPrivateAt(vmas, writer, vpn)) return;
    for (const { mm, at } of mappers(world, pfn, vpn, writer)) {
      if (isPrivateAt(vmas, mm, at)) note(`${writer} ${through} mm ${mm}`, { mm });
    }
    for (const [pipe, { mm, pfns }] of this.pipes) {
      if (pfns.has(pfn) && (mm !== writer || world.holderOf(pipe).ownerGone))
        note(`${writer} ${through} pipe ${pipe}`, { pipe });
    }
  }
}

/** Other mms that map the frame. A fork family maps it at one address; only mremap() makes one search. */
function* mappers(
  world: WorldView,
  pfn: number,
  vpn: number,
  writer: number | null,
): Generator<{ readonly mm: number; readonly at: number }> {
  let unseen = world.mapcount(pfn) - (writer !== null && world.frameAt(writer, vpn) === pfn ? 1 : 0);
  if (unseen <= 0) return;
  for (const mm of world.liveMms) {
    if (mm === writer) continue;
    const at = world.frameAt(mm, vpn) === pfn ? vpn : whereMapped(world, mm, pfn);
    if (at < 0) continue;
    yield { mm, at };
    if (--unseen <= 0) return;
  }
}

function whereMapped(world: WorldView, mm: number, pfn: number): number {
  for (const { start, end } of world.mm(mm).vmas) {
    for (const run of world.runs(mm, start, end)) {
      if (run.state === 'mapped' && run.pfn <= pfn && pfn < run.pfn + run.nr) return run.vpn + pfn - run.pfn;
    }
  }
  return -1;
}

function isPrivateAt(vmas: VmaLookup, mm: number, vpn: number): boolean {
  const vma = vmas.at(mm, vpn);
  return vma !== null && isPrivate(vma);
}
