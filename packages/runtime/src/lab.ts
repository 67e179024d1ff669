/**
 * A lab: one machine under one policy, the log of what was done to it, and the streams of what happened. The world
 * changes first, then the entry is in the log, then the models that follow it are brought up to it, then subscribers
 * hear of it; nothing they do can change any of them.
 */

import { type Capacity, type Command, type Event, execute, type FrameAllocator, type Geometry, Kernel, type LogEntry,
  type Outcome, type Policy, saveWorld, World, X86_64 } from '@cowlab/core';
import { Observable, Subject } from 'rxjs';
import { commandProblem } from './log/command-shapes.ts';
import type { LogSource, Snapshot } from './log/log-source.ts';
import { worldAt } from './log/replay.ts';
import type { EventSink } from './event-sink.ts';
import { type CostClock, COUNTS, RunningClock } from './models/cost-clock.ts';
import type { CostCounters } from './models/cost-counters.ts';
import { project, type ReadModel } from './models/read-model.ts';
import { type TracepointListeners, Tracepoints } from './streams/tracepoints.ts';
import { WorldView } from './world-view.ts';

export interface LabOptions {
  readonly policy: Policy;
  readonly name?: string;
  readonly geometry?: Geometry;
  /** Room beforehand, so that a large fork() does not pay for moving the world's buffer. */
  readonly capacity?: Capacity;
  /** Keep a copy of the world every so many commands, for stepping back in long logs. */
  readonly snapshotEvery?: number;
  /** Who chooses frames. */
  readonly frames?: FrameAllocator;
  /** What commands cost. */
  readonly clock?: CostClock;
  /** Where the log goes besides. */
  readonly sinks?: readonly EventSink[];
  /** Told of every step from the first command on. */
  readonly listeners?: readonly Partial<TracepointListeners>[];
}

/** One fact, with the command it belongs to. */
export interface Committed<E extends Event = Event> {
  /** Of the command. */
  readonly position: number;
  readonly command: Command;
  readonly event: E;
}

/** A lab that models may follow; what an operator needs of it. */
export type Followed = Pick<Lab, 'follow' | 'unfollow'>;

export class Lab implements LogSource {
  readonly name: string;
  /** The machine as it is now, to look at: also in the middle of a command, where hooks and tracepoints look. */
  readonly world: WorldView;
  /** One entry per command, after it is in the log. */
  readonly commits$: Observable<LogEntry>;
  /** The facts of each command, one by one, after the whole command. */
  readonly events$: Observable<Committed>;
  readonly tracepoints: Tracepoints;
  readonly log: readonly LogEntry[];
  readonly snapshots: readonly Snapshot[];
  readonly #world: World;
  readonly #kernel: Kernel;
  readonly #entries: LogEntry[] = [];
  readonly #kept: Snapshot[] = [];
  readonly #snapshotEvery: number;
  readonly #models = new Set<ReadModel<unknown>>();
  readonly #sinks: Set<EventSink>;
  readonly #clock: RunningClock;
  readonly #commits = new Subject<LogEntry>();
  readonly #events = new Subject<Committed>();
  readonly #unpublished: LogEntry[] = [];
  #state: 'idle' | 'executing' | 'failed' | 'closed' = 'idle';
  #failure: unknown = null;
  #publishing = false;

  constructor(
    { policy, name = 'lab', geometry = X86_64, capacity, snapshotEvery = 0, frames, clock = COUNTS, sinks = [],
      listeners = [] }: LabOptions,
  ) {
    if (!Number.isSafeInteger(snapshotEvery) || snapshotEvery < 0)
      throw new RangeError(
        `lab '${name}': snapshotEvery is ${snapshotEvery}; give a number of commands, or 0 for never`,
      );
    this.name = name;
    this.#world = new World(Object.freeze({ ...geometry }), capacity);
    this.#kernel = new Kernel(this.#world, policy, frames);
    this.#clock = new RunningClock(clock, this.#world.geometry);
    this.#sinks = new Set(sinks);
    this.#snapshotEvery = snapshotEvery;
    this.world = new WorldView(this.#world);
    this.tracepoints = new Tracepoints(this.#kernel);
    this.log = readOnly(this.#entries);
    this.snapshots = readOnly(this.#kept);
    this.commits$ = readOnlyStream(this.#commits);
    this.events$ = readOnlyStream(this.#events);
    Object.freeze(this);
    for (const { step, fact } of listeners) {
      if (step !== undefined) this.tracepoints.on('step', step);
      if (fact !== undefined) this.tracepoints.on('fact', fact);
    }
    for (const sink of sinks) sink.open?.(this);
  }

  get geometry(): Geometry {
    return this.#world.geometry;
  }

  get policy(): Policy {
    return this.#kernel.policy;
  }

  get policies(): readonly string[] {
    return this.policy.ids;
  }

  /** What everything has cost so far, by the clock of this lab. @throws CostClockError */
  get costs(): CostCounters {
    return this.#clock.upTo(this.#entries);
  }

  /** Of the world that the log leads to: not of the half-changed one that a failed command left. */
  get hash(): string {
    return this.#state === 'failed' ? worldAt(this, this.#entries.length).hash() : this.#world.hash();
  }

  /**
   * A machine of your own that goes on from here: the same policy over a copy of the world. What is done with it is in
   * no log and changes nothing here.
   */
  branch(): Kernel {
    return new Kernel(this.#world.clone(), this.policy, this.#kernel.frames);
  }

  /**
   * Let a fresh model follow the log: what is there already is caught up with, by replaying it, and each later entry is
   * applied before anybody is told of it. So what it says of an entry depends on the log alone, whoever executes what
   * when he hears of it.
   */
  follow<Model extends ReadModel<unknown>>(model: Model): Model {
    if (this.#models.has(model)) return model;
    if (this.#entries.length > 0) project(this.#entries, this.geometry, model);
    this.#models.add(model);
    return model;
  }

  /** The model keeps the value it has. */
  unfollow(model: ReadModel<unknown>): void {
    this.#models.delete(model);
  }

  /**
   * Carry out one command. A refusal (an errno, a signal) is a result and goes into the log.
   *
   * @throws what a policy's hook threw. The command then stopped midway: the world is half changed and belongs to no
   * log, so the lab is at its end. It keeps every earlier entry, takes no further command and throws the same error
   * again.
   * @throws TypeError for a command that no log could hold; nothing has happened then, and the lab goes on.
   * @throws what a model threw that follows, or a sink: the command is done, logged and published, and the model or
   * sink is dropped.
   */
  execute(command: Command): LogEntry {
    if (this.#state !== 'idle') throw this.#refusal(command);
    const problem = commandProblem(command, this.geometry);
    if (problem !== null) throw new TypeError(`lab '${this.name}': ${problem}`);
    // The caller may go on using its object; the log keeps what was asked.
    const asked = { ...command };
    this.#state = 'executing';
    let entry: LogEntry;
    try {
      entry = entryOf(this.#entries.length, asked, execute(this.#kernel, asked));
    } catch (error) {
      this.#state = 'failed';
      this.#failure = error;
      throw error;
    }
    this.#entries.push(entry);
    if (this.#snapshotEvery > 0 && this.#entries.length % this.#snapshotEvery === 0)
      this.#kept.push(snapshotOf(this.#world, this.#entries.length));
    const broken = this.#models.size + this.#sinks.size === 0 ? [] : this.#fold(entry);
    this.#state = 'idle';
    this.#unpublished.push(entry);
    if (!this.#publishing) this.#publish();
    if (broken.length > 0) throw broken[0];
    return entry;
  }

  /**
   * The streams complete, the tracepoints are removed and the sinks are closed. The world and the log stay readable.
   *
   * @throws what a sink threw
   */
  close(): void {
    if (this.#state === 'executing')
      throw new Error(`lab '${this.name}': close() in the middle of a command; close it afterwards`);
    if (this.#state === 'idle') this.#state = 'closed';
    this.tracepoints.removeAllListeners();
    this.#commits.complete();
    this.#events.complete();
    const sinks = [...this.#sinks];
    this.#sinks.clear();
    for (const sink of sinks) sink.close?.();
  }

  #fold(entry: LogEntry): unknown[] {
    const errors: unknown[] = [];
    const tell = <T>(told: Set<T>, each: (one: T) => void): void => {
      for (const one of told) {
        try {
          each(one);
        } catch (error) {
          told.delete(one);
          errors.push(error);
        }
      }
    };
    tell(this.#sinks, (sink) => sink.write(entry));
    tell(this.#models, (model) => model.apply(entry, this.world));
    return errors;
  }

  /**
   * A subscriber that executes commands has them published after the one it was told of, to everybody in the same
   * order.
   */
  #publish(): void {
    this.#publishing = true;
    try {
      for (let entry = this.#unpublished.shift(); entry !== undefined; entry = this.#unpublished.shift()) {
        this.#commits.next(entry);
        if (!this.#events.observed) continue;
        const { position, command, events } = entry;
        for (let i = 0; i < events.length; i++)
          this.#events.next(Object.freeze({ position, command, event: events[i] }));
      }
    } finally {
      this.#publishing = false;
    }
  }

  #refusal(command: Command): unknown {
    if (this.#state === 'failed') return this.#failure;
    return new Error(this.#state === 'closed'
      ? `lab '${this.name}': ${command.type} after close(); make a new lab`
      : `lab '${this.name}': ${command.type} in the middle of another command; tracepoints and hooks only look, `
        + `subscribe to commits$ instead`);
  }
}

Object.freeze(Lab.prototype);

/**
 * Frozen all the way down, the facts when somebody first looks at them: a fork() of a million pages that nobody watches
 * has thousands of them.
 */
function entryOf(position: number, command: Command, { events, result }: Outcome): LogEntry {
  let looked = false;
  return Object.freeze({
    position,
    command: Object.freeze(command),
    get events(): readonly Event[] {
      if (!looked) { for (let i = 0; i < events.length; i++) Object.freeze(events[i]); }
      looked = true;
      return Object.freeze(events);
    },
    result: Object.freeze(result),
  });
}

/** The array as it grows, for others to read. */
function readOnly<T>(items: T[]): readonly T[] {
  const refuse = (): never => {
    throw new TypeError('the log of a lab grows by execute() alone');
  };
  return new Proxy(items, { set: refuse, deleteProperty: refuse, defineProperty: refuse, setPrototypeOf: refuse,
    preventExtensions: refuse });
}

/** Not `asObservable()`: through its source anybody could publish. */
function readOnlyStream<T>(subject: Subject<T>): Observable<T> {
  const stream = new Observable<T>((subscriber) => subject.subscribe(subscriber));
  Object.freeze(stream);
  return stream;
}

function snapshotOf(world: World, position: number): Snapshot {
  const kept = world.clone();
  return Object.freeze({ position, world: () => kept.clone(), saved: () => saveWorld(kept) });
}
