/**
 * Isolation: nobody sees what another process writes to its private memory. After each store, by a CPU, a device or a
 * remote process, the frame that was stored to must not be mapped privately by another mm, nor lie in a pipe that
 * another mm filled. Memory that is shared on purpose is left out.
 */

import { type Event, frameAt, inspectMm, type LogEntry, PG_ANON, PIN, pinnedFrame, type World } from '@cowlab/core';
import { leafRuns } from './page-runs.ts';
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

export class IsolationWatch {
  private readonly pipes = new Map<number, Pipe>();

  constructor(private readonly world: World) {
    for (let pin = 0; pin < world.pins.count; pin++) if (world.pins.isLive(pin)) this.opened(pin);
  }

  add(entry: LogEntry): readonly Leak[] {
    const leaks = new Map<string, Leak>();
    const vmas = new VmaLookup(this.world);
    for (const event of entry.events) {
      if (event.type === 'PinClosed') this.pipes.delete(event.pin);
      else if (event.type === 'PinOpened' && this.world.pins.isLive(event.pin)) this.opened(event.pin);
      else for (const store of this.suspects(event)) this.judge(store, vmas, leaks);
    }
    return [...leaks.values()];
  }

  private opened(pin: number): void {
    const { pins } = this.world;
    if (pins.get(pin, PIN.DEVICE) !== 0) return;
    const pfns = new Set<number>();
    for (let index = 0; index < pins.get(pin, PIN.NR); index++) pfns.add(pinnedFrame(this.world, pin, index));
    this.pipes.set(pin, { mm: pins.get(pin, PIN.MM), pfns });
  }

  /** Stores to frames that somebody else may have. */
  private *suspects(event: Event): Generator<Store> {
    const { world } = this;
    switch (event.type) {
      case 'PagesStored':
        for (const run of leafRuns(world, event.mm, event.vpn, event.vpn + event.nr)) {
          for (let i = 0; i < run.nr; i++) {
            if (this.isSuspect(run.pfn + i))
              yield { writer: event.mm, through: null, vpn: run.vpn + i, pfn: run.pfn + i };
          }
        }
        return;
      case 'RemoteStored':
        if (this.isSuspect(event.pfn)) yield { writer: event.mm, through: null, vpn: event.vpn, pfn: event.pfn };
        return;
      case 'DeviceStored': {
        const pfn = pinnedFrame(world, event.pin, event.index);
        // What is mapped from a file is not the owner's own.
        if (!world.pages.has(pfn, PG_ANON)) return;
        const owner = this.isOwnerGone(event.pin) ? null : world.pins.get(event.pin, PIN.MM);
        const vpn = world.pins.get(event.pin, PIN.VPN) + event.index;
        const owned = owner !== null && frameAt(world, owner, vpn) === pfn;
        if (this.isSuspect(pfn) || (!owned && world.pages.mapcountAll(pfn) > 0))
          yield { writer: owner, through: event.pin, vpn, pfn };
        return;
      }
      default:
    }
  }

  private isOwnerGone(pin: number): boolean {
    return this.world.pins.get(pin, PIN.OWNER_GONE) !== 0;
  }

  private isSuspect(pfn: number): boolean {
    if (this.world.pages.mapcountAll(pfn) > 1) return true;
    for (const { pfns } of this.pipes.values()) if (pfns.has(pfn)) return true;
    return false;
  }

  private judge(store: Store, vmas: VmaLookup, leaks: Map<string, Leak>): void {
    const { writer, through, vpn, pfn } = store;
    const note = (key: string, reader: Leak['reader']): void => {
      const known = leaks.get(key);
      leaks.set(key, known === undefined ? { writer, through, reader, vpn, nr: 1 } : { ...known, nr: known.nr + 1 });
    };
    if (through === null && writer !== null && !isPrivateAt(vmas, writer, vpn)) return;
    for (const { mm, at } of this.mappers(pfn, vpn, writer)) {
      if (isPrivateAt(vmas, mm, at)) note(`${writer} ${through} mm ${mm}`, { mm });
    }
    for (const [pipe, { mm, pfns }] of this.pipes) {
      if (pfns.has(pfn) && (mm !== writer || this.isOwnerGone(pipe)))
        note(`${writer} ${through} pipe ${pipe}`, { pipe });
    }
  }

  /** Other mms that map the frame. A fork family maps it at one address; only mremap() makes one search. */
  private *mappers(
    pfn: number,
    vpn: number,
    writer: number | null,
  ): Generator<{ readonly mm: number; readonly at: number }> {
    const { world } = this;
    let unseen = world.pages.mapcountAll(pfn) - (writer !== null && frameAt(world, writer, vpn) === pfn ? 1 : 0);
    for (let mm = 0; mm < world.mms.count && unseen > 0; mm++) {
      if (mm === writer || !world.mms.isLive(mm)) continue;
      const at = frameAt(world, mm, vpn) === pfn ? vpn : this.whereMapped(mm, pfn);
      if (at < 0) continue;
      unseen--;
      yield { mm, at };
    }
  }

  private whereMapped(mm: number, pfn: number): number {
    for (const { start, end } of inspectMm(this.world, mm).vmas) {
      for (const run of leafRuns(this.world, mm, start, end)) {
        if (run.state === 'mapped' && run.pfn <= pfn && pfn < run.pfn + run.nr) return run.vpn + pfn - run.pfn;
      }
    }
    return -1;
  }
}

function isPrivateAt(vmas: VmaLookup, mm: number, vpn: number): boolean {
  const vma = vmas.at(mm, vpn);
  return vma !== null && isPrivate(vma);
}
