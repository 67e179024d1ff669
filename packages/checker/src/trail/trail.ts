/**
 * A trail: one interleaving, step by step, at whose end something is broken. The search finds it, the minimiser marks
 * what matters in it; the files beside this one only draw it.
 */

export interface WordAccess {
  /** 'pte[0]', 'ref[3]', 'has_pinned', 'write_protect_seq', 'child pte[0]' */
  readonly word: string;
  /** Printable: 'W pfn 3', '1025', '1'. */
  readonly value: string;
  readonly old?: string;
}

export interface TrailStep {
  readonly actor: number;
  /** The step of the scenario: 'fork 0 1'. */
  readonly op: string;
  /** The atomic step: 'pte := R'. */
  readonly step: string;
  /** flush: the oldest entry of the actor's store buffer reaches memory (TSO). */
  readonly kind: 'step' | 'flush';
  readonly reads: readonly WordAccess[];
  readonly writes: readonly WordAccess[];
  /** The writes are still in the actor's store buffer. */
  readonly buffered: boolean;
  /** ARMv8: which of the ways to take the step; 0, as a rule: all loads find the latest stores. */
  readonly way?: number;
  /** The minimiser found that the order of this step against another actor's matters. */
  readonly critical: boolean;
}

export interface Trail {
  readonly scenario: string;
  readonly title: string;
  readonly lane: string;
  readonly memory: 'sc' | 'tso' | 'armv8';
  /** `what`: 'fork()', 'fast GUP'. */
  readonly actors: readonly { readonly name: string; readonly what: string }[];
  readonly steps: readonly TrailStep[];
  readonly broken: readonly { readonly spec: string; readonly what: string }[];
  /** Sentences for people about the end state. */
  readonly end: readonly string[];
  readonly schedule: string;
  readonly command: string;
}
