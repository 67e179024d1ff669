/**
 * A write (or an unshare) that meets a present, read-only entry: copy the page, or keep it because nobody else can see
 * it. Which of the two is the question that the kernel's generations answer differently.
 *
 * @kernel mm/memory.c do_wp_page(), mm/huge_memory.c do_huge_pmd_wp_page()
 */

import type { Errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { SWAP, VM_SHARED, VM_WRITE, VMA } from '../tables/fields.ts';
import { PG_ANON } from '../tables/pages.ts';
import { isSpecial, isWritable, pfnOf } from '../tables/pte.ts';
import { allocateFrame, allocateHuge } from './allocate.ts';
import { prepareAnonVma } from './anon-vma.ts';
import type { FaultKind } from './fault-kind.ts';
import { slotOfCached } from './swap-slots.ts';

export function writeFault(k: Kernel, mm: number, vma: number, vpn: number, pte: number, kind: FaultKind): Errno | null {
  const w = k.world;
  const { anonExclusive } = k.policy.traits;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  // An unshare leaves the entry read-only; so does a forced break of a mapping that may not be written.
  const write = kind !== 'unshare' && (flags & VM_WRITE) !== 0;
  const pfn = pfnOf(pte);
  if ((flags & VM_SHARED) !== 0) {
    k.emit({ type: 'CowReused', mm, vpn, nr: 1, write: true, exclusive: false });
    return null;
  }
  if (!isSpecial(pte) && w.pages.has(pfn, PG_ANON)) {
    k.page.lend(w, mm, vma).at(vpn, pfn, isWritable(pte), w.pages.maybeDmaPinned(pfn));
    const verdict = k.policy.onWriteFault(k.page);
    k.page.release();
    if (verdict === 'reuse') {
      leaveSwapCache(k, pfn);
      k.emit({ type: 'CowReused', mm, vpn, nr: 1, write, exclusive: anonExclusive });
      return null;
    }
  }
  if (!prepareAnonVma(k, mm, vma)) return 'ENOMEM';
  const copy = allocateFrame(k, 'page');
  if (copy < 0) return 'ENOMEM';
  k.emit({ type: 'CowBroken', mm, vpn, nr: 1, pfn: copy, write, exclusive: anonExclusive });
  return null;
}

/** A reused page needs its swap slot no longer once no entry refers to it. @kernel mm/swapfile.c try_to_free_swap() */
function leaveSwapCache(k: Kernel, pfn: number): void {
  const slot = slotOfCached(k.world, pfn);
  if (slot >= 0 && k.world.swaps.get(slot, SWAP.COUNT) === 0) k.emit({ type: 'SwapCacheFreed', slot });
}

/** The same at PMD level. A split is not the end: the fault comes again, at PTE level. */
export function hugeWriteFault(k: Kernel, mm: number, vma: number, vpn: number, pmd: number, kind: FaultKind): Errno | null {
  const w = k.world;
  const { anonExclusive, hugeZeroWrite } = k.policy.traits;
  const span = w.tables.fanout;
  const first = Math.floor(vpn / span) * span;
  const write = kind !== 'unshare' && (w.vmas.get(vma, VMA.FLAGS) & VM_WRITE) !== 0;
  if (isSpecial(pmd)) return hugeZeroWriteFault(k, mm, vma, first, write, hugeZeroWrite === 'thp' && kind !== 'unshare');
  const head = pfnOf(pmd);
  k.page.lend(w, mm, vma).at(first, head, isWritable(pmd), w.pages.maybeDmaPinned(head));
  const verdict = k.policy.onWriteFaultHugePmd(k.page);
  k.page.release();
  if (verdict === 'reuse') {
    k.emit({ type: 'CowReused', mm, vpn: first, nr: span, write, exclusive: anonExclusive });
    return null;
  }
  const huge = verdict === 'copy' ? allocateHuge(k) : null;
  if (huge === null) k.emit({ type: 'PmdSplit', mm, vpn: first });
  else k.emit({ type: 'HugeCowBroken', mm, vpn: first, ...huge, write, exclusive: anonExclusive });
  return null;
}

function hugeZeroWriteFault(k: Kernel, mm: number, vma: number, first: number, write: boolean, asThp: boolean): Errno | null {
  if (asThp) {
    if (!prepareAnonVma(k, mm, vma)) return 'ENOMEM';
    const huge = allocateHuge(k);
    if (huge !== null) {
      const exclusive = k.policy.traits.anonExclusive;
      k.emit({ type: 'HugePageMapped', mm, vpn: first, nr: k.world.tables.fanout, ...huge, hugetlb: false, write, exclusive, reserved: false });
      return null;
    }
  }
  k.emit({ type: 'PmdSplit', mm, vpn: first });
  return null;
}
