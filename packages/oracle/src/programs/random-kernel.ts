/**
 * Steps of random programs that have the kernel put other pages in the place of those that a process maps:
 * MADV_COLLAPSE, forced writes, moves of mappings.
 */
import type { MapKind, Step } from '@cowlab/scenario';
import type { Random } from './random.ts';

export const KERNEL_KINDS: readonly MapKind[] = ['anon', 'anon', 'anon', 'thp', 'thp', 'file', 'huge', 'shanon',
  'rofile'];

/** What the generator of programs tells of its regions. */
export interface Regions {
  /** Kind and size of those that are mapped by anyone. */
  readonly all: readonly { readonly kind: MapKind; readonly nr: number }[];
  readonly page: (r: number) => number;
  readonly range: (r: number) => { start: number; nr: number };
  /** What a store writes. */
  readonly value: () => number;
}

interface Hand {
  readonly random: Random;
  readonly p: number;
  readonly r: number;
  readonly regions: Regions;
}

export function kernelSteps(hand: Hand): Step[] {
  const { random, p, r, regions } = hand;
  const roll = random.below(100);
  if (roll < 58) return collapse(hand);
  if (roll < 75) return [{ op: 'memwrite', p, r, page: regions.page(r), value: regions.value() }];
  if (roll < 80) return [{ op: 'memread', p, r, page: regions.page(r) }];
  return [move(hand)];
}

/** Of a region that is large enough, often after it was split by a small change somewhere in it. */
function collapse({ random, p, r, regions }: Hand): Step[] {
  const large = regions.all.findIndex(({ kind, nr }) => nr >= 512 && kind !== 'huge');
  const at = large >= 0 && random.below(5) > 0 ? large : r;
  const whole = { start: 0, nr: regions.all[at].nr };
  const made: Step = { op: 'madvise', p, r: at, ...(random.below(5) === 0 ? regions.range(at) : whole),
    advice: 'collapse' };
  if (random.below(3) > 0) return [made];
  const page = regions.page(at);
  return [{ op: 'madvise', p, r: at, start: page, nr: 1, advice: random.pick(['dontneed', 'dontfork', 'dofork']) },
    made];
}

function move({ random, p, r, regions }: Hand): Step {
  const { start, nr } = regions.range(r);
  const to = random.below(regions.all.length);
  const room = Math.max(regions.all[to].nr - nr, 0);
  return { op: 'move', p, r, start, nr, to, at: random.below(3) === 0 ? start : random.below(room + 1) };
}
