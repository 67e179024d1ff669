/**
 * A lab: one machine under one policy, the log of what was done to it, and the streams of what happened. The world
 * changes first, then the entry is in the log, then subscribers hear of it; nothing they do can change either.
 */

import { type Capacity, type Command, type Event, execute, type Geometry, Kernel, type LogEntry, type Policy, saveWorld,
  World, X86_64 } from '@cowlab/core';
import { type Observable, Subject } from 'rxjs';
import { commandProblem } from './log/command-shapes.ts';
import type { LogSource, Snapshot } from './log/log-source.ts';
import { worldAt } from './log/replay.ts';
import { Tracepoints } from './streams/tracepoints.ts';

export interface LabOptions {
  readonly policy: Policy;
  readonly name?: string;
  readonly geometry?: Geometry;
  /** Room beforehand, so that a large fork() does not pay for moving the world's buffer. */
  readonly capacity?: Capacity;
  /** Keep a copy of the world every so many commands, for stepping back in long logs. */
  readonly snapshotEvery?: number;
}

/** One fact, with the command it belongs to. */
export interface Committed<E extends Event = Event> {
  /** Of the command. */
  readonly position: number;
  readonly command: Command;
  readonly event: E;
}

export class Lab implements LogSource {
  readonly name: string;
  readonly world: World;
  readonly kernel: Kernel;
  /** One entry per command, after it is in the log. */
  readonly commits$: Observable<LogEntry>;
  /** The facts of each command, one by one, after the whole command. */
  readonly events$: Observable<Committed>;
  readonly tracepoints: Tracepoints;
  private readonly entries: LogEntry[] = [];
  private readonly kept: Snapshot[] = [];
  private readonly snapshotEvery: number;
  private readonly commits = new Subject<LogEntry>();
  private readonly events = new Subject<Committed>();
  private readonly unpublished: LogEntry[] = [];
  private state: 'idle' | 'executing' | 'failed' | 'closed' = 'idle';
  private failure: unknown = null;
  private publishing = false;

  constructor({ policy, name = 'lab', geometry = X86_64, capacity, snapshotEvery = 0 }: LabOptions) {
    if (!Number.isSafeInteger(snapshotEvery) || snapshotEvery < 0)
      throw new RangeError(
        `lab '${name}': snapshotEvery is ${snapshotEvery}; give a number of commands, or 0 for never`,
      );
    this.name = name;
    this.world = new World(geometry, capacity);
    this.kernel = new Kernel(this.world, policy);
    this.tracepoints = new Tracepoints(this.kernel);
    this.snapshotEvery = snapshotEvery;
    this.commits$ = this.commits.asObservable();
    this.events$ = this.events.asObservable();
  }

  get geometry(): Geometry {
    return this.world.geometry;
  }

  get policies(): readonly string[] {
    return this.kernel.policy.ids;
  }

  get log(): readonly LogEntry[] {
    return this.entries;
  }

  get snapshots(): readonly Snapshot[] {
    return this.kept;
  }

  /** Of the world that the log leads to: not of the half-changed one that a failed command left. */
  get hash(): string {
    return this.state === 'failed' ? worldAt(this, this.entries.length).hash() : this.world.hash();
  }

  /**
   * Carry out one command. A refusal (an errno, a signal) is a result and goes into the log.
   *
   * @throws what a policy's hook threw. The command then stopped midway: the world is half changed and belongs to no
   * log, so the lab is at its end. It keeps every earlier entry, takes no further command and throws the same error
   * again.
   * @throws TypeError for a command that no log could hold; nothing has happened then, and the lab goes on.
   */
  execute(command: Command): LogEntry {
    if (this.state !== 'idle') throw this.refusal(command);
    const problem = commandProblem(command, this.geometry);
    if (problem !== null) throw new TypeError(`lab '${this.name}': ${problem}`);
    // The caller may go on using its object; the log keeps what was asked.
    const asked = { ...command };
    this.state = 'executing';
    let entry: LogEntry;
    try {
      const { events, result } = execute(this.kernel, asked);
      entry = { position: this.entries.length, command: asked, events, result };
    } catch (error) {
      this.state = 'failed';
      this.failure = error;
      throw error;
    }
    this.entries.push(entry);
    this.state = 'idle';
    if (this.snapshotEvery > 0 && this.entries.length % this.snapshotEvery === 0)
      this.kept.push(snapshotOf(this.world, this.entries.length));
    this.unpublished.push(entry);
    if (!this.publishing) this.publish();
    return entry;
  }

  /** The streams complete and the tracepoints are removed. The world and the log stay readable. */
  close(): void {
    if (this.state === 'executing')
      throw new Error(`lab '${this.name}': close() in the middle of a command; close it afterwards`);
    if (this.state === 'idle') this.state = 'closed';
    this.tracepoints.removeAllListeners();
    this.commits.complete();
    this.events.complete();
  }

  /**
   * A subscriber that executes commands has them published after the one it was told of, to everybody in the same
   * order.
   */
  private publish(): void {
    this.publishing = true;
    try {
      for (let entry = this.unpublished.shift(); entry !== undefined; entry = this.unpublished.shift()) {
        this.commits.next(entry);
        if (!this.events.observed) continue;
        const { position, command, events } = entry;
        for (let i = 0; i < events.length; i++) this.events.next({ position, command, event: events[i] });
      }
    } finally {
      this.publishing = false;
    }
  }

  private refusal(command: Command): unknown {
    if (this.state === 'failed') return this.failure;
    return new Error(this.state === 'closed'
      ? `lab '${this.name}': ${command.type} after close(); make a new lab`
      : `lab '${this.name}': ${command.type} in the middle of another command; tracepoints and hooks only look, `
        + `subscribe to commits$ instead`);
  }
}

function snapshotOf(world: World, position: number): Snapshot {
  const kept = world.clone();
  return { position, world: () => kept.clone(), saved: () => saveWorld(kept) };
}
