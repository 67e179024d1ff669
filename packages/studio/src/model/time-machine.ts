/**
 * Any state of a log, quickly: a few worlds kept along the way, and the events from the nearest one on. Time counts
 * events, the finest that a log tells; `commandAt` says which command an event belongs to.
 */
import { type Event, evolve, type Geometry, type LogEntry, World } from '@cowlab/core';
import { pagesOf, project, type ReadModel, type WorldView } from '@cowlab/runtime';

export interface MachineLimits {
  /** Bytes of the kept worlds, all together. */
  readonly bytes: number;
  /** What lies between two kept worlds, at the least: an event is 1, and each `PAGES` of its pages 1 more. */
  readonly every: number;
}

/** As many pages are evolved in the time that an event takes by itself. */
const PAGES = 32;
const costOf = (event: Event, geometry: Geometry): number => 1 + pagesOf(event, geometry) / PAGES;

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
  private cost = 0;
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
    for (const event of entry.events) this.cost += costOf(event, world.geometry);
    if (this.cost < this.every) return;
    this.cost = 0;
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

/** Steps back that cost nothing after a jump, and how far a jump must be to be worth a copy. */
const COMMANDS_BEFORE = 8;
const NEAR_FROM = 2048;

export class TimeMachine {
  /** Events before command p; one more than there are commands. */
  readonly before: Int32Array;
  private readonly kept: readonly Kept[];
  private at = 0;
  private world: World;
  /** A little before where somebody last jumped to: whoever looks at a place steps back from it. */
  private near: Kept | null = null;

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
      const before = this.before[Math.max(0, this.commandAt(events) - COMMANDS_BEFORE)];
      if (this.costBetween(this.at, before) > NEAR_FROM) {
        this.go(before);
        this.near = { at: before, world: this.world.clone() };
      }
    }
    this.go(events);
    return this.world;
  }

  /** Of whole commands; it stops counting where it is enough. */
  private costBetween(from: number, to: number): number {
    let cost = 0;
    for (let p = this.commandAt(from); p < this.log.length && this.before[p] < to && cost <= NEAR_FROM; p++)
      for (const event of this.log[p].events) cost += costOf(event, this.geometry);
    return cost;
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
    const kept: Kept | undefined = this.kept[low - 1];
    const { near } = this;
    return near !== null && near.at <= events && near.at > (kept?.at ?? 0) ? near : kept;
  }
}
