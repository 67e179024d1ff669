/**
 * Splitting VMAs at the edges of a range, and merging them again afterwards.
 * @kernel mm/vma.c __split_vma(), vma_merge()
 */

import type { Errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { MM, VM_FORKED, VM_HUGETLB, VM_IO, VM_MAYBE_GUARD, VM_MIXEDMAP, VM_PFNMAP, VM_SOFT_CLEAN,
  VMA } from '../tables/fields.ts';
import { isHuge } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { pmdSlot } from '../page/mapping.ts';
import { NO_VMA, vmaAtIndex, vmaIndexFrom } from './list.ts';

/** Split `vma` at `at`, which lies inside it. A THP across the edge loses its PMD mapping. */
export function splitVma(k: Kernel, mm: number, vma: number, at: number): Errno | null {
  const w = k.world;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  if ((flags & VM_HUGETLB) !== 0 && at % w.tables.fanout !== 0) return 'EINVAL';
  // Device DAX keeps its alignment. @kernel drivers/dax/device.c dev_dax_may_split()
  if ((flags & VM_MIXEDMAP) !== 0) return 'EINVAL';
  if (w.mms.get(mm, MM.MAP_COUNT) >= k.mapCountMax) return 'ENOMEM';
  if (!k.allocates('vma')) return 'EAGAIN';
  k.emit({ type: 'VmaSplit', mm, vma, at, into: w.vmas.nextFree() });
  splitHugeAcross(k, mm, at);
  return null;
}

/** A VMA edge at `at` leaves no huge PMD across it. @kernel mm/huge_memory.c vma_adjust_trans_huge() */
export function splitHugeAcross(k: Kernel, mm: number, at: number): void {
  const { tables } = k.world;
  if (at % tables.fanout === 0) return;
  const slot = pmdSlot(k.world, mm, at);
  if (slot >= 0 && isHuge(tables.a[slot]))
    k.emit({ type: 'PmdSplit', mm, vpn: Math.floor(at / tables.fanout) * tables.fanout });
}

/** What a range call wants with a VMA: leave it whole, be given just the part in the range, or stop here. */
export type Wish = 'skip' | 'whole' | 'cut' | Errno;

/**
 * Call `each` for the VMAs that overlap [start, end), in order. `wants` is asked first, so that a VMA that would not
 * change is not split either. Stops at the first error; what was done before stays done, as in the kernel.
 */
export function forVmasIn(
  k: Kernel,
  mm: number,
  start: number,
  end: number,
  wants: (vma: number) => Wish,
  each: (vma: number) => Errno | null,
): { errno: Errno | null; hole: boolean } {
  const w = k.world;
  let hole = false;
  for (let at = start; at < end;) {
    let vma = vmaAtIndex(w, mm, vmaIndexFrom(w, mm, at));
    if (vma === NO_VMA || w.vmas.get(vma, VMA.START) >= end) return { errno: null, hole: true };
    if (w.vmas.get(vma, VMA.START) > at) {
      hole = true;
      at = w.vmas.get(vma, VMA.START);
    }
    const last = Math.min(end, w.vmas.get(vma, VMA.END));
    const wish = wants(vma);
    if (wish === 'cut') {
      let errno = w.vmas.get(vma, VMA.START) < at ? splitVma(k, mm, vma, at) : null;
      if (errno === null) {
        vma = vmaAtIndex(w, mm, vmaIndexFrom(w, mm, at));
        if (w.vmas.get(vma, VMA.END) > end) errno = splitVma(k, mm, vma, end);
      }
      if (errno !== null) return { errno, hole };
    } else if (wish !== 'skip' && wish !== 'whole') return { errno: wish, hole };
    const errno = wish === 'skip' ? null : each(vma);
    if (errno !== null) return { errno, hole };
    at = last;
  }
  return { errno: null, hole };
}

/**
 * New flags for a VMA, which may thereby have become like its neighbours. It is merged with them at once: VMAs that
 * do not
 * change stay apart, alike or not. @kernel mm/vma.c vma_modify_flags()
 */
export function changeFlags(k: Kernel, mm: number, vma: number, flags: number): void {
  const { vmas } = k.world;
  k.emit({ type: 'VmaFlagsChanged', mm, vma, flags });
  mergeAround(k, mm, vmas.get(vma, VMA.START), vmas.get(vma, VMA.END));
}

/**
 * Merge the VMA that fills [start, end) with its neighbours where they are alike. The neighbour is what it is merged
 * into.
 */
export function mergeAround(k: Kernel, mm: number, start: number, end: number): void {
  mergeAt(k, mm, start, 'lower');
  mergeAt(k, mm, end, 'upper');
}

/** Merge the VMAs below and above `at` into `target`. */
export function mergeAt(k: Kernel, mm: number, at: number, target: 'lower' | 'upper'): void {
  const w = k.world;
  const index = vmaIndexFrom(w, mm, at);
  const lower = vmaAtIndex(w, mm, index - 1);
  const upper = vmaAtIndex(w, mm, index);
  if (lower === NO_VMA || upper === NO_VMA || w.vmas.get(upper, VMA.START) !== at || !mergeable(w, lower, upper))
    return;
  if (target === 'lower' ? anonVmasMerge(k, lower, upper) : anonVmasMerge(k, upper, lower))
    k.emit({ type: 'VmasMerged', mm, vma: lower, gone: upper });
}

/** Flags that keep no two VMAs apart. */
const UNASKED = VM_FORKED | VM_MAYBE_GUARD | VM_SOFT_CLEAN;

function mergeable(w: World, lower: number, upper: number): boolean {
  const { vmas } = w;
  return vmas.get(lower, VMA.END) === vmas.get(upper, VMA.START)
    && (vmas.get(lower, VMA.FLAGS) & ~UNASKED) === (vmas.get(upper, VMA.FLAGS) & ~UNASKED)
    && (vmas.get(lower, VMA.FLAGS) & (VM_IO | VM_PFNMAP | VM_HUGETLB)) === 0
    && vmas.get(lower, VMA.FILE) === vmas.get(upper, VMA.FILE)
    && vmas.get(upper, VMA.PGOFF)
      === vmas.get(lower, VMA.PGOFF) + vmas.get(lower, VMA.END) - vmas.get(lower, VMA.START);
}

/**
 * Two anon_vmas do not merge. One and none do, unless the one came from fork(), and, in older kernels, only if it is
 * the
 * target that has it. @kernel mm/vma.c is_mergeable_anon_vma()
 */
function anonVmasMerge(k: Kernel, target: number, other: number): boolean {
  const { vmas } = k.world;
  const mine = vmas.get(target, VMA.ANON_VMA);
  const theirs = vmas.get(other, VMA.ANON_VMA);
  if (mine === theirs) return true;
  if (mine !== 0 && theirs !== 0) return false;
  const holder = mine !== 0 ? target : other;
  return (vmas.get(holder, VMA.FLAGS) & VM_FORKED) === 0 && (holder === target || k.policy.traits.mergesIntoEmpty);
}
