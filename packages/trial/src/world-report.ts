/** A world as plain objects for people: who runs, what each address space maps, what devices hold. */
import { type Event, inspectMm, inspectPin, type MmSnapshot, type PinSnapshot, type World } from '@cowlab/core';

export interface WorldReport {
  /** Tasks that run, with their address spaces. */
  readonly tasks: readonly { readonly task: number; readonly mm: number }[];
  readonly mms: readonly MmSnapshot[];
  readonly pins: readonly PinSnapshot[];
  /** Base pages in use in the whole machine. */
  readonly pagesUsed: number;
  readonly hash: string;
}

/** `log` is what led to `world`: the world itself does not tell task numbers from mm numbers. */
export function reportWorld(world: World, log: readonly { readonly events: readonly Event[] }[]): WorldReport {
  const mms = taskMms(log);
  const tasks = [...mms].filter(([task]) => world.tasks.isLive(task)).map(([task, mm]) => ({ task, mm }));
  return {
    tasks: tasks.sort((a, b) => a.task - b.task),
    mms: [...new Set(tasks.map(({ mm }) => mm))].sort((a, b) => a - b).map((mm) => inspectMm(world, mm)),
    pins: Array.from({ length: world.pins.count }, (_, pin) => pin).filter((pin) => world.pins.isLive(pin)).map((pin) =>
      inspectPin(world, pin)
    ),
    pagesUsed: world.pages.used,
    hash: world.hash(),
  };
}

/** The address space of every task that ever ran; of one that is gone, its last. */
export function taskMms(log: readonly { readonly events: readonly Event[] }[]): Map<number, number> {
  const mms = new Map<number, number>();
  for (const { events } of log) noteTasks(mms, events);
  return mms;
}

export function noteTasks(mms: Map<number, number>, events: readonly Event[]): void {
  for (const event of events) {
    if (event.type === 'TaskStarted' || event.type === 'TaskMovedToMm') mms.set(event.task, event.mm);
  }
}
