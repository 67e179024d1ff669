/** Steps that only programs of one kind have, about one in four of theirs: what a single subject is tried with. */
import type { MapKind, Step } from '@cowlab/scenario';
import { KERNEL_KINDS, kernelSteps, type Regions } from './random-kernel.ts';
import type { Random } from './random.ts';

/** Where a step may go: process, region, and a range of its pages. */
export interface At {
  readonly random: Random;
  readonly p: number;
  readonly r: number;
  readonly kind: MapKind;
  readonly start: number;
  readonly nr: number;
  /** Of the whole program. */
  readonly regions: Regions;
}

export interface Further {
  /** Of regions; one that is named twice is twice as likely. */
  readonly kinds: readonly MapKind[];
  /** One step in so many is one of these. */
  readonly every: number;
  /** Now and then small pages enough for a huge one. */
  readonly roomy?: true;
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
  /** Soft-dirty bits, cleared while others store and hold pages. */
  'soft-dirty': {
    kinds: ['anon', 'anon', 'anon', 'thp', 'thp', 'huge', 'file', 'shanon', 'sharedfile', 'rofile'],
    every: 5,
    steps: ({ p }) => [{ op: 'clearrefs', p }],
  },
  /** userfaultfd. Half of the programs open one that follows into children. */
  uffd: {
    kinds: ['anon', 'anon', 'anon', 'thp'],
    every: 3,
    steps: ({ random, p, r, start, nr }) => {
      const roll = random.below(12);
      if (roll < 2) return [{ op: 'uffdopen', p, heirs: random.pick(['alone', 'forks'] as const) }];
      if (roll < 6) {
        return [{ op: 'uffdopen', p, heirs: random.pick(['alone', 'forks'] as const) }, { op: 'uffd', p, r, start, nr,
          watches: random.pick(['stores', 'stores', 'stores', 'both', 'missing'] as const) }, { op: 'uffdprotect', p, r,
          start, nr }];
      }
      if (roll < 9) return [{ op: 'uffdprotect', p, r, start, nr }];
      if (roll < 10) return [{ op: 'uffdunprotect', p, r, start, nr }];
      if (roll < 11) return [{ op: 'uffdcopy', p, r, page: start, value: 121 + random.below(100) }];
      return [{ op: 'uffdend', p, r, start, nr }];
    },
  },
  /** MADV_COLLAPSE, forced writes, moved mappings. */
  kernel: { kinds: KERNEL_KINDS, every: 3, roomy: true, steps: kernelSteps },
} satisfies Readonly<Record<string, Further>>;

export type FurtherKinds = keyof typeof FURTHER;
export const FURTHER_KINDS = Object.keys(FURTHER) as readonly FurtherKinds[];
export const furtherOf = (kinds: string): Further | null =>
  Object.hasOwn(FURTHER, kinds) ? FURTHER[kinds as FurtherKinds] : null;
