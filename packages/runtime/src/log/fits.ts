/**
 * Does an event speak of things that are there? evolve trusts its events; those of a log that somebody changed may name
 * an mm that never lived or a frame a thousand gigabytes away. What passes here costs bounded time and memory.
 */

import type { Event, World } from '@cowlab/core';
import { EVENT_SHAPES } from './event-shapes.ts';

type Fits = (world: World, id: number) => boolean;

/** New records take the lowest free number, so never one past the next. */
const fresh = (records: (world: World) => World['mms']): Fits => (world, id) =>
  id <= records(world).count && !records(world).isLive(id);

const ROLES: Partial<Record<string, Fits>> = {
  mm: (world, id) => world.mms.isLive(id),
  newMm: fresh((world) => world.mms),
  task: (world, id) => world.tasks.isLive(id),
  pin: (world, id) => world.pins.isLive(id),
  vma: (world, id) => world.vmas.isLive(id),
  newVma: fresh((world) => world.vmas),
  file: (world, id) => world.files.isLive(id),
  slot: (world, id) => world.swaps.isLive(id),
  newSlot: fresh((world) => world.swaps),
  newFolio: (world, id) => id <= world.folios.records.count + 1 && !world.folios.records.isLive(id),
  // A huge page starts at a multiple of its size, which may be past the frames in use.
  newPfn: (world, pfn) => pfn <= world.pages.count + 2 * world.tables.fanout ** 2 + 32,
  pfn: (world, pfn) => pfn <= world.pages.count + 32,
};

/** The field that does not fit, in a few words; null when all do. */
export function misfit(world: World, event: Event): string | null {
  const shape = EVENT_SHAPES[event.type];
  for (const field in shape) {
    const fits = ROLES[shape[field] as string];
    const value = (event as unknown as Readonly<Record<string, number>>)[field];
    if (fits !== undefined && !fits(world, value)) return `${event.type}.${field} is ${value}`;
  }
  return null;
}
