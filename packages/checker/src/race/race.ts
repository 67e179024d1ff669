/** A race as data: what is there before, who then runs at the same time, what must not come of it. */
import type { Step } from '@cowlab/scenario';
import type { Weakening } from '../memory/orders.ts';
import type { RaceStep } from '../machine/operations.ts';
import type { RaceMemory } from '../memory/memory.ts';
import type { Strengthening } from '../memory/strengthenings.ts';
import type { AtomicForm } from '../weak/step-order.ts';
import type { SpecName } from './specs.ts';

/** What happened before: steps one after the other. */
export interface ProgramSetup {
  readonly steps: readonly Step[];
  /** hugetlb pool, in huge pages. */
  readonly pool: number;
}

export interface RaceActor {
  readonly name: string;
  readonly tlb: boolean;
  readonly steps: readonly RaceStep[];
}

export interface Verdict {
  /** Policies or profiles it is said of; `*` for all. */
  readonly lanes: readonly string[] | '*';
  readonly memory: readonly RaceMemory[];
  readonly safe: boolean;
  readonly line: number;
}

export interface Race {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly setup: ProgramSetup;
  readonly actors: readonly RaceActor[];
  readonly specs: readonly SpecName[];
  readonly weakened: readonly Weakening[];
  /** Full barriers put where the kernel has none. */
  readonly strengthened?: readonly Strengthening[];
  /** How arm64 makes its atomics; by one instruction, where that is not said. */
  readonly atomics?: AtomicForm;
  readonly verdicts: readonly Verdict[];
  /** Which commits brought and mended it: said in reports. */
  readonly notes: readonly string[];
}
