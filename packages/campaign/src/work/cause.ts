/**
 * What makes two findings one: the lane and whom it was compared with, the kind of difference, and what the smallest
 * program does, whatever its pages, values and processes are called.
 */
import { createHash } from 'node:crypto';
import type { Shrunk } from '@cowlab/oracle';
import type { Program } from '@cowlab/scenario';
import { wordOf } from './step-pairs.ts';

export interface Cause {
  readonly id: string;
  readonly lane: string;
  /** A kernel, a lane, or the laws. */
  readonly against: string;
  /** Of difference. */
  readonly kind: string;
  /** The steps in words: `mmap-anon, write, fork, pin`. */
  readonly shape: string;
}

export function causeOf(lane: string, against: string, kind: string, { program }: Pick<Shrunk, 'program'>): Cause {
  return cause(lane, against, kind, shapeOf(program));
}

export function cause(lane: string, against: string, kind: string, shape: string): Cause {
  const id = createHash('sha256').update(JSON.stringify([lane, against, kind, shape])).digest('hex').slice(0, 12);
  return { id, lane, against, kind, shape };
}

/** A step that is done again at once, perhaps elsewhere, is the same cause. */
export function shapeOf({ steps }: Program): string {
  return steps.map(wordOf).filter((word, at, words) => word !== words[at - 1]).join(', ');
}
