/**
 * One run of one kernel over one world: the policy in force, the facts of the command at hand, and the places where an
 * allocation may be made to fail. Paths are ordered lists of atomic steps; this is the sequential driver that runs
 * them.
 */

import type { Event } from './events.ts';
import { evolve } from './evolve.ts';
import type { Result } from './errno.ts';
import type { Policy } from './policy/stack.ts';
import { LentMm, LentPage, LentVma } from './policy/lent.ts';
import { Recorder } from './fact-runs.ts';
import { type FrameAllocator, FreeMemory, LOWEST_FREE } from './page/frame-allocator.ts';
import { type Allocation, grants, someFail } from './page/allocations.ts';
import type { World } from './tables/world.ts';

/** One atomic step: reads, decides, leaves at most one fact on shared words, and names the step after it. */
export interface Step<F> {
  readonly name: string;
  /** A full memory barrier: all that this CPU stored before is seen by the others first. */
  readonly fence?: boolean;
  readonly run: (k: Kernel, frame: F) => number;
}

export interface Path<F> {
  readonly name: string;
  readonly steps: readonly Step<F>[];
}

/** What a path returns as the next step when it is through. */
export const DONE = -1;
/** What a step returns that waits for a lock: it has done nothing, and is tried again. */
export const BLOCKED = -2;

/** The registers every path has. */
export interface Frame {
  pc: number;
  result: Result;
}

const always = (): boolean => true;

/** Sees each atomic step before it runs. */
export type StepListener = (path: string, step: string, frame: Readonly<Frame>) => void;

export class Kernel {
  readonly page = new LentPage();
  readonly vma = new LentVma();
  readonly mm = new LentMm();
  /** Carry out runs of pages at once where no one watches single steps. */
  bulk = true;
  onStep: StepListener | null = null;
  /** Answers false to make one allocation fail. */
  allocates: (what: Allocation) => boolean = always;
  /** The per-mm limit on VMAs. @kernel Documentation/admin-guide/sysctl/vm.rst max_map_count */
  mapCountMax = 65530;
  /**
   * Paths run at the same time: locks are taken and dropped, TLB flushes counted. A command that runs alone needs
   * neither, and its log shows neither.
   */
  concurrent = false;
  /**
   * A fault copies a page in steps of its own, without the page table lock, as all do. It is seen only where somebody
   * may store to the old page meanwhile, by an entry that its CPU still has in its TLB.
   */
  copiesApart = false;
  /** Called with what a path changed, before the next step runs. */
  onEvent: ((event: Event) => void) | null = null;
  /** The free frames, as `frames` is shown them. */
  readonly memory: FreeMemory;
  private readonly recorder: Recorder;

  constructor(readonly world: World, readonly policy: Policy, readonly frames: FrameAllocator = LOWEST_FREE) {
    this.memory = new FreeMemory(world);
    this.recorder = new Recorder(1 << world.geometry.bits);
    this.allocatesAsTold();
    this.page.remembers = (word, value) => this.emit({ type: 'PolicyRemembered', word, value });
  }

  /**
   * A fact: it changes the world and goes into the log. `uniform`: decide has just seen that the run's entries and
   * pages are all alike and follow each other, which evolve would otherwise have to find out again.
   */
  emit(event: Event, uniform = false): void {
    evolve(this.world, event, uniform);
    this.recorder.add(event);
    if (this.onEvent !== null) this.onEvent(event);
  }

  /** A part of a fact: it changes the world; the fact it belongs to is noted by `note`. */
  part(event: Event): void {
    evolve(this.world, event);
    if (this.onEvent !== null) this.onEvent(event);
  }

  /** The fact that parts already carried out add up to. */
  note(event: Event): void {
    this.recorder.add(event);
  }

  /** After a change of which allocations fail: where none does, none is asked about. */
  allocatesAsTold(): void {
    this.allocates = someFail(this.world)
      ? (what) => grants(this.world, what, (event) => this.emit(event))
      : always;
  }

  takeEvents(): readonly Event[] {
    return this.recorder.take();
  }

  /** Whether runs of pages may be handled at once right now. */
  get inBulk(): boolean {
    return this.bulk && !this.concurrent && this.onStep === null && this.allocates === always
      && this.policy.memoryWords === 0 && this.frames === LOWEST_FREE;
  }

  run<F extends Frame>(path: Path<F>, frame: F): Result {
    while (frame.pc >= 0) {
      const step = path.steps[frame.pc];
      if (this.onStep !== null) this.onStep(path.name, step.name, frame);
      frame.pc = step.run(this, frame);
    }
    if (frame.pc === BLOCKED) throw new RangeError(`${path.name}: nobody else runs who could drop the lock`);
    return frame.result;
  }
}
