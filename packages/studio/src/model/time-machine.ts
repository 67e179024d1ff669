/**
 * Any state of a log, quickly: a few worlds kept along the way, and the events from the nearest one on. Time counts
 * events, the finest that a log tells; `commandAt` says which command an event belongs to.
 */
import { evolve, type Geometry, type LogEntry, World } from '@cowlab/core';
import { project, type ReadModel, type WorldView } from '@cowlab/runtime';

export interface MachineLimits {
  /** Bytes of the kept worlds, all together. */
  readonly bytes: number;
  /** Events between two kept worlds, at the least. */
  readonly every: number;
}

const LIMITS: MachineLimits = { bytes: 96 << 20, every: 4096 };

interface Kept {
  /** Events behind it. */
  readonly at: number;
  readonly world: World;
}

/** Keeps worlds while a log is gone through; where they become too many, every second one goes. */
class Keeper implements ReadModel<readonly Kept[]> {
  private kept: Kept[] = [];
  private events = 0;
  private bytes = 0;
  private every: number;

  constructor(private readonly limits: MachineLimits) {
    this.every = limits.every;
  }

  get value(): readonly Kept[] {
    return this.kept;
  }

  apply(entry: LogEntry, world: WorldView): void {
    this.events += entry.events.length;
    if (this.events - (this.kept.at(-1)?.at ?? 0) < this.every) return;
    const copy = world.clone();
    this.kept.push({ at: this.events, world: copy });
    this.bytes += copy.buffer.byteLength;
    while (this.bytes > this.limits.bytes && this.kept.length > 2) {
      this.kept = this.kept.filter((_, i) => i % 2 === 1);
      this.bytes = this.kept.reduce((sum, { world: { buffer } }) => sum + buffer.byteLength, 0);
      this.every *= 2;
    }
  }
}

export class TimeMachine {
  /** Events before command p; one more than there are commands. */
  readonly before: Int32Array;
  private readonly kept: readonly Kept[];
  private at = 0;
  private world: World;

  /**
   * Goes through the whole log once; `models` follow it on the way, which spares them a way of their own.
   * @throws LogError when the log cannot be replayed
   */
  constructor(
    readonly log: readonly LogEntry[],
    readonly geometry: Geometry,
    models: readonly ReadModel<unknown>[] = [],
    limits: MachineLimits = LIMITS,
  ) {
    this.before = new Int32Array(log.length + 1);
    for (let p = 0; p < log.length; p++) this.before[p + 1] = this.before[p] + log[p].events.length;
    const keeper = new Keeper(limits);
    project(log, geometry, keeper, ...models);
    this.kept = keeper.value;
    this.world = new World(geometry);
  }

  get nrEvents(): number {
    return this.before[this.log.length];
  }

  /** Bytes that the kept worlds take. */
  get bytesKept(): number {
    return this.kept.reduce((sum, { world }) => sum + world.buffer.byteLength, 0);
  }

  /** The command that the event after `events` of them belongs to; the number of commands at the end. */
  commandAt(events: number): number {
    let low = 0;
    let high = this.log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.before[middle + 1] > events) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The machine after `events` events, for looking at until the next call. */
  worldAfter(events: number): World {
    if (!Number.isSafeInteger(events) || events < 0 || events > this.nrEvents)
      throw new RangeError(`there are ${this.nrEvents} events, not ${events}`);
    const nearest = this.nearest(events);
    if (this.at > events || this.at < (nearest?.at ?? 0)) {
      this.world = nearest?.world.clone() ?? new World(this.geometry);
      this.at = nearest?.at ?? 0;
    }
    this.go(events);
    return this.world;
  }

  private go(to: number): void {
    const { log, before, world } = this;
    for (let p = this.commandAt(this.at); this.at < to; p++) {
      const { events } = log[p];
      const end = Math.min(events.length, to - before[p]);
      for (let i = this.at - before[p]; i < end; i++) evolve(world, events[i]);
      this.at = before[p] + end;
    }
  }

  private nearest(events: number): Kept | undefined {
    let low = 0;
    let high = this.kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.kept[middle].at <= events) low = middle + 1;
      else high = middle;
    }
    return this.kept[low - 1];
  }
}
