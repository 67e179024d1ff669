/**
 * A recording as a program for the model: what to execute, in which order, and what the recording says about it. A plan
 * knows no policy; any number of lanes, each a model under a policy of its own, can run the same one.
 */
import type { Command } from '@cowlab/core';
import type { InferredRegion } from '../space/images.ts';
import type { MemoryCall } from '../calls/memory-call.ts';
import type { Moment } from '../moment.ts';

export interface PlanSource {
  readonly file: string;
  readonly line: number;
}

interface ItemBase {
  readonly at: Moment;
  /** The thread, as the recorders number it. */
  readonly pid: number;
  /** The same in the model. */
  readonly task: number;
  readonly source: PlanSource;
  readonly commands: readonly Command[];
}

/** What must be there before the first call: processes and files. */
export interface SetupItem extends ItemBase {
  readonly kind: 'setup';
}

export interface CallItem extends ItemBase {
  readonly kind: 'call';
  readonly call: MemoryCall['type'];
  /** What the first command must return, as it did when it was recorded; null if any success will do. */
  readonly returns: number | null;
  /** It failed when it was recorded, and may have acted all the same. */
  readonly errno: string | null;
}

/**
 * How sure the plan is of an access: it follows from the recording; it is the likelier of two readings; or somebody
 * stated it who knows the program.
 */
export type Certainty = 'certain' | 'inferred' | 'stated';

export interface AccessItem extends ItemBase {
  readonly kind: 'access';
  readonly access: 'read' | 'write' | 'exec';
  readonly certainty: Certainty;
  /** Why it is taken for that. */
  readonly why: string;
  readonly addr: number;
  readonly nrPages: number;
  /** The kernel that was recorded served a fault for it. */
  readonly faulted: boolean;
  /** The processor's, where the recording has it. */
  readonly errorCode: number | null;
}

export type PlanItem = SetupItem | CallItem | AccessItem;

/** A buffer that the program handed to a driver: one pin in the model. */
export interface Registration {
  readonly pin: number;
  readonly kind: 'io_uring' | 'vmsplice';
  readonly pid: number;
  readonly task: number;
  readonly fd: number;
  readonly slot: number;
  readonly base: number;
  readonly lengthBytes: number;
  /** First page and number of pages that [base, base + length) touches. */
  readonly vpn: number;
  readonly nrPages: number;
  /** Number of the item that registers it. */
  readonly item: number;
}

export interface PlannedTask {
  readonly task: number;
  readonly pid: number;
  /** Null if no clone() in the recording made it. */
  readonly parent: number | null;
  readonly sharesMm: boolean;
}

/** Something of the recording that the plan passes over, or is not sure of. */
export interface PlanNote {
  readonly source: PlanSource;
  readonly what: string;
}

export interface TracePlan {
  readonly name: string;
  readonly items: readonly PlanItem[];
  readonly tasks: readonly PlannedTask[];
  readonly registrations: readonly Registration[];
  readonly inferred: readonly (InferredRegion & { readonly path: string; readonly line: number })[];
  /** Page faults were recorded. */
  readonly sampled: boolean;
  /** All accesses that no recorder shows were stated; without them, some verdicts depend on what nobody saw. */
  readonly stated: boolean;
  readonly notes: readonly PlanNote[];
}
