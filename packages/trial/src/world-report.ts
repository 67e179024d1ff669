/** A world as plain objects for people: who runs, what each address space maps, what devices hold. */
import type { Event, MmSnapshot, PinSnapshot } from '@cowlab/core';
import type { ReadModel, WorldView } from '@cowlab/runtime';

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
export function reportWorld(world: WorldView, log: readonly { readonly events: readonly Event[] }[]): WorldReport {
  const tasks = [...taskMms(log)].filter(([task]) => world.isTaskLive(task)).map(([task, mm]) => ({ task, mm }));
  return {
    tasks: tasks.sort((a, b) => a.task - b.task),
    mms: [...new Set(tasks.map(({ mm }) => mm))].sort((a, b) => a - b).map((mm) => world.mm(mm)),
    pins: world.livePins.map((pin) => world.pin(pin)),
    pagesUsed: world.pagesUsed,
    hash: world.hash(),
  };
}

/** The address space of every task that ever ran; of one that is gone, its last. */
export function taskMms(log: readonly { readonly events: readonly Event[] }[]): ReadonlyMap<number, number> {
  const mms = new TaskMms();
  for (const entry of log) mms.apply(entry);
  return mms.value;
}

/** The same as a model that follows a lab. */
export class TaskMms implements ReadModel<ReadonlyMap<number, number>> {
  private readonly mms = new Map<number, number>();

  get value(): ReadonlyMap<number, number> {
    return this.mms;
  }

  apply({ events }: { readonly events: readonly Event[] }): void {
    for (const event of events) {
      if (event.type === 'TaskStarted' || event.type === 'TaskMovedToMm') this.mms.set(event.task, event.mm);
    }
  }
}
