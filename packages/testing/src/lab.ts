/**
 * Given a policy and some commands, when one more is carried out, then this holds.
 *
 *     given(earlyCow)
 *       .steps(mapped, registered, { type: 'Fork', task: 0, child: 1 })
 *       .when({ type: 'Store', task: 0, vpn: 8, nr: 1, value: 7 })
 *       .then.succeeds().followsOwner(1).pin(1, [{ value: 7 }]);
 */

import { checkInvariants, type Command, type EventType, type Errno, execute, type Geometry, inspectMm, inspectPage,
  inspectPin, type Kernel, type MmSnapshot, type Outcome, type PageSnapshot, type PinSnapshot, stackPolicies,
  toyGeometry, World, Kernel as Machine } from '@cowlab/core';
import { type PolicyLike, stackOf } from './policy.ts';
import { mustShow } from './shows.ts';

export interface LabOptions {
  /** Default: the toy geometry, whose huge pages have four pages and whose addresses end at page 64. */
  readonly geometry?: Geometry;
  /** Huge pages in the hugetlb pool. */
  readonly hugetlb?: number;
}

/** A machine with task 0 in it. */
export function given(policy: PolicyLike, { geometry = toyGeometry(), hugetlb = 0 }: LabOptions = {}): Lab {
  const lab = new Lab(new Machine(new World(geometry), stackPolicies(stackOf(policy))));
  return lab.steps({ type: 'SetPool', hugetlb }, { type: 'Spawn', task: 0 });
}

export class Lab {
  private readonly mms = new Map<number, number>();

  constructor(readonly kernel: Kernel) {}

  /** Carry out commands that must succeed: they are not what the test is about. */
  steps(...commands: readonly Command[]): this {
    commands.forEach((command, i) => {
      const { result } = this.carryOut(command);
      if (!result.ok) throw new Error(`given: step ${i + 1}, ${command.type}, came to ${result.errno}: ${result.why}`);
    });
    return this;
  }

  /** Carry out the command that the test is about, whatever it comes to. */
  when(command: Command): When {
    return new When(this, this.carryOut(command));
  }

  page(task: number, vpn: number): PageSnapshot {
    return inspectPage(this.kernel.world, this.mmOf(task), vpn);
  }

  mm(task: number): MmSnapshot {
    return inspectMm(this.kernel.world, this.mmOf(task));
  }

  pin(pin: number): PinSnapshot {
    return inspectPin(this.kernel.world, pin);
  }

  private mmOf(task: number): number {
    const mm = this.mms.get(task);
    if (mm === undefined)
      throw new Error(`lab: there is no task ${task}; tasks are ${[...this.mms.keys()].join(', ')}`);
    return mm;
  }

  private carryOut(command: Command): Outcome {
    const outcome = execute(this.kernel, command);
    for (const event of outcome.events) {
      if (event.type === 'TaskStarted' || event.type === 'TaskMovedToMm') this.mms.set(event.task, event.mm);
      else if (event.type === 'TaskExited') this.mms.delete(event.task);
    }
    return outcome;
  }
}

/** What came of it. Each check returns the same object, so that they chain; `lab` goes on with further steps. */
export class When {
  constructor(readonly lab: Lab, readonly outcome: Outcome) {}

  /** Reads as a sentence; not a promise. */
  get then(): Then {
    return new Then(this.lab, this.outcome);
  }
}

export class Then {
  constructor(readonly lab: Lab, readonly outcome: Outcome) {}

  comesTo(value: number): this {
    mustShow('the result', this.outcome.result, { ok: true, value });
    return this;
  }

  succeeds(): this {
    mustShow('the result', this.outcome.result, { ok: true });
    return this;
  }

  fails(errno: Errno): this {
    mustShow('the result', this.outcome.result, { ok: false, errno });
    return this;
  }

  /** The facts of the command, in order. */
  logs(...types: readonly EventType[]): this {
    mustShow('the facts', this.outcome.events.map(({ type }) => type), types);
    return this;
  }

  page(task: number, vpn: number, shows: Partial<PageSnapshot>): this {
    mustShow(`page ${vpn} of task ${task}`, this.lab.page(task, vpn), shows);
    return this;
  }

  mm(task: number, shows: Partial<MmSnapshot>): this {
    mustShow(`the mm of task ${task}`, this.lab.mm(task), shows);
    return this;
  }

  /** Per page that the pin holds, from the first on. */
  pin(pin: number, pages: readonly Partial<PinSnapshot['pages'][number]>[]): this {
    mustShow(`the pages of pin ${pin}`, this.lab.pin(pin).pages, pages);
    return this;
  }

  /** The pin's pages are (or are not) the ones that its owner sees there now. */
  followsOwner(pin: number, follows = true): this {
    const same = this.lab.pin(pin).pages.every(({ pfn, ownerPfn }) => pfn === ownerPfn);
    mustShow(`pin ${pin}`, { followsOwner: same }, { followsOwner: follows });
    return this;
  }

  isSound(options?: Parameters<typeof checkInvariants>[1]): this {
    mustShow('what is broken', checkInvariants(this.lab.kernel.world, options), []);
    return this;
  }
}
