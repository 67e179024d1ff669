/**
 * Steps of random programs that have the kernel put other pages in the place of those that a process maps: ksmd,
 * MADV_COLLAPSE, forced writes, moves of mappings.
 */
import type { Advice, MapKind, Step } from '@cowlab/scenario';
import type { Random } from './random.ts';

export const KERNEL_KINDS: readonly MapKind[] = ['anon', 'anon', 'anon', 'thp', 'thp', 'file', 'huge', 'shanon',
  'rofile'];

/** What the generator of programs lends. */
export interface Hand {
  readonly random: Random;
  /** With ksmd, which a machine may have in use. */
  readonly merges: boolean;
  /** Regions that are mapped by anyone, with their sizes. */
  readonly regions: readonly { readonly kind: MapKind; readonly nr: number }[];
  readonly page: (r: number) => number;
  readonly range: (r: number) => { start: number; nr: number };
  readonly next: () => number;
}

export function kernelSteps(hand: Hand, p: number, r: number): Step[] {
  const { random } = hand;
  const roll = random.below(100);
  if (hand.merges && roll < 45) return [merging(hand, p, r)];
  if (roll < 58) return collapse(hand, p, r);
  if (roll < 75) return [{ op: 'memwrite', p, r, page: hand.page(r), value: hand.next() }];
  if (roll < 80) return [{ op: 'memread', p, r, page: hand.page(r) }];
  return [move(hand, p, r)];
}

function merging(hand: Hand, p: number, r: number): Step {
  const roll = hand.random.below(9);
  if (roll < 4) return { op: 'ksmd' };
  return advice(hand, p, r, roll < 8 ? 'mergeable' : 'unmergeable');
}

/** Mostly the whole region, so that there is something to merge. */
function advice(hand: Hand, p: number, r: number, advised: Advice): Step {
  const whole = { start: 0, nr: hand.regions[r].nr };
  return { op: 'madvise', p, r, ...(hand.random.below(4) === 0 ? hand.range(r) : whole), advice: advised };
}

/** Of a region that is large enough, often after it was split by a small change somewhere in it. */
function collapse(hand: Hand, p: number, r: number): Step[] {
  const { random, regions } = hand;
  const large = regions.findIndex(({ kind, nr }) => nr >= 512 && kind !== 'huge');
  const at = large >= 0 && random.below(5) > 0 ? large : r;
  const whole = { start: 0, nr: regions[at].nr };
  const made: Step = { op: 'madvise', p, r: at, ...(random.below(5) === 0 ? hand.range(at) : whole),
    advice: 'collapse' };
  if (random.below(3) > 0) return [made];
  const page = hand.page(at);
  return [{ op: 'madvise', p, r: at, start: page, nr: 1, advice: random.pick(['dontneed', 'dontfork', 'dofork']) },
    made];
}

function move(hand: Hand, p: number, r: number): Step {
  const { random, regions } = hand;
  const { start, nr } = hand.range(r);
  const to = random.below(regions.length);
  const room = Math.max(regions[to].nr - nr, 0);
  return { op: 'move', p, r, start, nr, to, at: random.below(3) === 0 ? start : random.below(room + 1) };
}
