/**
 * An actor: one CPU (or device) with a list of operations, each made of the atomic steps of core's own paths. Where it
 * stands is plain data, so that a step can be run from any state in which it was ever seen.
 */
import { BLOCKED, DONE, type Frame, type Kernel, type Path, type Result, type TlbEntry } from '@cowlab/core';
import { goOn, type Left, tear, WHOLE } from './tear.ts';
import type { WatchedWorld } from './words.ts';

/**
 * A part of an operation. `begin` makes the registers when the part starts; `null`: not yet, somebody else has to act
 * first.
 */
export type Part =
  | {
    readonly kind: 'path';
    readonly path: Path<Frame>;
    readonly begin: (at: Moment) => Frame | null;
    /** Before each step, for what paths keep outside their registers. */
    readonly enter?: (k: Kernel, frame: Frame) => void;
  }
  /** One atomic step. False: it has to wait. */
  | { readonly kind: 'call'; readonly name: string; readonly run: (at: Moment) => boolean };

export interface Moment {
  readonly k: Kernel;
  readonly watched: WatchedWorld;
  /** Of the operation at hand: what its path came to. */
  readonly result: Result | null;
  readonly tlb: readonly TlbEntry[] | null;
}

export interface Operation {
  /** As written: `fork 0 1`. */
  readonly text: string;
  readonly parts: readonly Part[];
}

export interface Actor {
  readonly name: string;
  /** What it is, for the head of a column: `fork()`. */
  readonly what: string;
  readonly operations: readonly Operation[];
  /** Keeps old entries until the TLB is flushed. */
  readonly tlb: boolean;
  /** The mm that its CPU runs in; -1: none, a device. */
  readonly memory: number;
  /** Actors of one `kind` differ in nothing but the pin that they fill. null: like no other. */
  readonly alike: { readonly kind: string; readonly pin: number } | null;
}

/** Where an actor stands. Data: two that read the same are the same. */
export interface Place {
  readonly op: number;
  readonly part: number;
  readonly frame: Frame | null;
  readonly result: Result | null;
  readonly tlb: readonly TlbEntry[] | null;
  /** What the step before has still to write, one step after the other. */
  readonly left: Left;
}

export interface Stepped {
  /** null: the step has to wait, and did nothing. */
  readonly place: Place | null;
  readonly name: string;
  readonly fence: boolean;
}

export const startOf = (actor: Actor): Place => ({ op: 0, part: 0, frame: null, result: null,
  tlb: actor.tlb ? [] : null, left: WHOLE });
export const isThrough = (actor: Actor, { op, left }: Place): boolean =>
  op >= actor.operations.length && left.length === 0;

/** Run the atomic step that `place` is before. */
export function stepActor(actor: Actor, place: Place, k: Kernel, watched: WatchedWorld): Stepped {
  if (place.left.length > 0)
    return { place: { ...place, left: goOn(watched, place.left) }, name: place.left[0].name, fence: false };
  const stepped = stepPart(actor, place, k, watched);
  return stepped.place === null ? stepped : { ...stepped, place: { ...stepped.place, left: tear(k, watched) } };
}

function stepPart(actor: Actor, place: Place, k: Kernel, watched: WatchedWorld): Stepped {
  const part = actor.operations[place.op].parts[place.part];
  const moment: Moment = { k, watched, result: place.result, tlb: place.tlb };
  if (part.kind === 'call') {
    return { place: part.run(moment) ? after(actor, place, place.result, place.tlb) : null, name: part.name,
      fence: false };
  }
  const frame = place.frame === null ? part.begin(moment) : { ...place.frame };
  if (frame === null) return { place: null, name: 'wait', fence: false };
  const { pc } = frame;
  const step = part.path.steps[pc];
  part.enter?.(k, frame);
  const next = step.run(k, frame);
  k.page.release();
  if (next === BLOCKED) return { place: null, name: step.name, fence: false };
  const tlb = 'tlb' in frame ? (frame.tlb as readonly TlbEntry[] | null) : place.tlb;
  if (next === DONE)
    return { place: after(actor, place, frame.result, tlb), name: step.name, fence: step.fence === true };
  frame.pc = next;
  return { place: { ...place, frame, tlb }, name: step.name, fence: step.fence === true };
}

function after(actor: Actor, { op, part }: Place, result: Result | null, tlb: readonly TlbEntry[] | null): Place {
  const last = part + 1 >= actor.operations[op].parts.length;
  return { op: last ? op + 1 : op, part: last ? 0 : part + 1, frame: null, result: last ? null : result, tlb,
    left: WHOLE };
}
