/**
 * The words of a scenario: what the processes, the devices and the pipes of one small program do, step by step, and
 * what is expected of it. Plain data, so that the same value runs on the model, on a live kernel and in the browser.
 * Pages count in 4 KiB units from the start of region `r` of process `p`.
 */

import type { Step } from './words/words.ts';
import type { MachineSettings } from './machine-settings.ts';
import type { Signal, Snapshot, StepResult } from './operand.ts';

export interface Program {
  readonly id?: string;
  /** Region → the pages of it that are observed after every step. */
  readonly watch: Readonly<Record<number, readonly number[]>>;
  readonly steps: readonly Step[];
  /** Size of the hugetlb pool, in huge pages. */
  readonly pool: number;
  /** Left out: as the recordings presuppose, THP where it is asked for and no other folios. */
  readonly settings?: MachineSettings;
}

/** The stable ids of what can go wrong with fork() and pinned pages. */
export type HazardId = 'H1' | 'H2' | 'H3' | 'H4' | 'H5' | 'H6' | 'H7' | 'H8' | 'H9';
type At = { p: number; r: number; page: number };
type Is<Name extends string, Operands = unknown> = Name extends string ? Readonly<{ is: Name } & Operands> : never;

export type Assertion =
  | Is<'leak' | 'no-leak' | 'split' | 'no-split'>
  | Is<'pin-coherent', { slot: number }>
  /** No pages: at least one page of the pin, whichever. */
  | Is<'pin-diverged', { slot: number; pages: readonly number[] }>
  /** Exactly this set, in ascending order; empty for `hazards none`. */
  | Is<'hazards', { ids: readonly HazardId[] }>
  /** What a faulting load by the CPU, the device or the reader of the pipe finally sees. */
  | Is<'value', At & { seen: number | Signal }>
  | Is<'device', { slot: number; page: number; value: number }>
  | Is<'pipe', { slot: number; index: number; value: number }>
  /** 4 KiB pages copied for a child during fork(). */
  | Is<'copied', { nr: number; atLeast: boolean }>
  | Is<'step', { index: number; result: StepResult }>
  | Is<'mapcount', At & { count: number }>
  /** Page table entries that fork() handled in that step: one for a whole huge page. */
  | Is<'walked', { index: number; count: number }>
  | Is<'storm', { snapshot: Snapshot }>;

export interface Expectation {
  /** The policies or profiles it is said of; `*` for all. */
  readonly lanes: readonly string[] | '*';
  readonly assertion: Assertion;
  /** Line of the text, so that a failed expectation can be found. */
  readonly line: number;
}

/** Where the `expect` lines are known not all to hold. */
export interface ExpectedFailure {
  readonly lanes: readonly string[] | '*';
  /** The defect, for reports. */
  readonly why: string;
  readonly line: number;
}

export interface Scenario {
  readonly name: string;
  readonly title?: string;
  readonly question: string;
  readonly program: Program;
  readonly expects: readonly Expectation[];
  readonly xfails: readonly ExpectedFailure[];
  /** Line of the text for every step. */
  readonly lines: readonly number[];
}
