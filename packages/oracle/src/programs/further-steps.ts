/** Steps that only programs of one kind have, about one in four of theirs: what a single subject is tried with. */
import type { MapKind, Step } from '@cowlab/scenario';
import type { Random } from './random.ts';

/** Where a step may go: process, region, and a range of its pages. */
export interface At {
  readonly random: Random;
  readonly p: number;
  readonly r: number;
  readonly kind: MapKind;
  readonly start: number;
  readonly nr: number;
}

export interface Further {
  /** Of regions; one that is named twice is twice as likely. */
  readonly kinds: readonly MapKind[];
  /** One step in so many is one of these. */
  readonly every: number;
  readonly steps: (at: At) => readonly Step[];
}

/** By the kind of programs. */
export const FURTHER = {
  /** Guard regions. */
  guard: {
    kinds: ['anon', 'anon', 'anon', 'thp', 'thp', 'huge', 'file', 'shanon', 'sharedfile', 'rofile'],
    every: 4,
    steps: ({ random, p, r, start, nr }) => {
      const advice = random.pick(['guard', 'guard', 'guard', 'unguard', 'unguard', 'dontneed'] as const);
      return [{ op: 'madvise', p, r, start, nr, advice }];
    },
  },
} as const satisfies Readonly<Record<string, Further>>;

export type FurtherKinds = keyof typeof FURTHER;
export const FURTHER_KINDS = Object.keys(FURTHER) as readonly FurtherKinds[];
export const furtherOf = (kinds: string): Further | null =>
  Object.hasOwn(FURTHER, kinds) ? FURTHER[kinds as FurtherKinds] : null;
