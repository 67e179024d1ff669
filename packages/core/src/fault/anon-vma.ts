/** anon_vma: absent until a VMA has its first anonymous page. fork() copies no page tables of a VMA without one. */

import type { Kernel } from '../kernel.ts';
import { MM, VM_ACCESS, VM_FORKED, VM_MAYBE_GUARD, VM_SOFT_CLEAN, VMA } from '../tables/fields.ts';
import { HEADER } from '../tables/header.ts';
import type { World } from '../tables/world.ts';
import { NO_VMA, vmaAtIndex, vmaIndexFrom } from '../vma/list.ts';

/**
 * False when memory ran out. A neighbour's anon_vma is taken over where the two may merge some day.
 * @kernel mm/rmap.c __anon_vma_prepare()
 */
export function prepareAnonVma(k: Kernel, mm: number, vma: number): boolean {
  const w = k.world;
  if (w.vmas.get(vma, VMA.ANON_VMA) !== 0) return true;
  const near = neighbourAnonVma(w, mm, vma);
  if (near === 0 && !k.allocates('anon_vma')) return false;
  k.emit({ type: 'AnonVmaPrepared', mm, vma, anonVma: near === 0 ? w.header[HEADER.ANON_VMAS] + 1 : near });
  return true;
}

/** @kernel mm/mmap.c find_mergeable_anon_vma() */
function neighbourAnonVma(w: World, mm: number, vma: number): number {
  const index = vmaIndexFrom(w, mm, w.vmas.get(vma, VMA.START));
  const count = w.mms.get(mm, MM.MAP_COUNT);
  if (index + 1 < count) {
    const next = vmaAtIndex(w, mm, index + 1);
    if (lends(w, next) && alike(w, vma, next)) return w.vmas.get(next, VMA.ANON_VMA);
  }
  const previous = vmaAtIndex(w, mm, index - 1);
  return previous !== NO_VMA && lends(w, previous) && alike(w, previous, vma) ? w.vmas.get(previous, VMA.ANON_VMA) : 0;
}

/** A VMA that fork() made keeps its anon_vma to itself. */
const lends = (w: World, vma: number): boolean => (w.vmas.get(vma, VMA.FLAGS) & VM_FORKED) === 0;

function alike(w: World, lower: number, upper: number): boolean {
  const { vmas } = w;
  const access = VM_ACCESS | VM_FORKED | VM_MAYBE_GUARD | VM_SOFT_CLEAN;
  return vmas.get(lower, VMA.END) === vmas.get(upper, VMA.START)
    && vmas.get(lower, VMA.FILE) === vmas.get(upper, VMA.FILE)
    && (vmas.get(lower, VMA.FLAGS) & ~access) === (vmas.get(upper, VMA.FLAGS) & ~access)
    && vmas.get(upper, VMA.PGOFF)
      === vmas.get(lower, VMA.PGOFF) + vmas.get(lower, VMA.END) - vmas.get(lower, VMA.START);
}
