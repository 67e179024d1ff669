/**
 * A write (or an unshare) that meets a present, read-only entry: copy the page, or keep it because nobody else can see
 * it. Which of the two is the question that the kernel's generations answer differently.
 *
 * @kernel mm/memory.c do_wp_page(), mm/huge_memory.c do_huge_pmd_wp_page()
 */

import type { Errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { WriteFaultHugeVerdict, WriteFaultVerdict } from '../policy/policy.ts';
import { VM_HUGETLB, VM_SHARED, VM_WRITE, VMA } from '../tables/fields.ts';
import { PG_ANON, PG_EXCLUSIVE, PG_SWAPCACHE } from '../tables/pages.ts';
import { isSpecial, isWritable, pfnOf } from '../tables/pte.ts';
import { allocateFrame, allocateHuge } from '../page/allocate.ts';
import { prepareAnonVma } from './anon-vma.ts';
import type { FaultKind } from './fault-kind.ts';
import { leafEntry, leafLevel } from '../page/lookup.ts';
import { entriesOf, slotOfCached } from '../tables/swap-slots.ts';

/** What becomes of the page; null where nobody is asked: no page, no fault of this kind, a file's page. */
export type FaultVerdict = WriteFaultHugeVerdict | null;

/** The decision alone, under the page table lock: what is done about it is a later step. */
export function judgeWriteFault(k: Kernel, mm: number, vma: number, vpn: number): FaultVerdict {
  const level = leafLevel(k.world, mm, vpn);
  const flags = k.world.vmas.get(vma, VMA.FLAGS);
  if (level < 0 || level > 1 || (flags & VM_HUGETLB) !== 0) return null;
  const entry = leafEntry(k.world, mm, vpn);
  if (isWritable(entry)) return null;
  return level === 0 ? judge(k, mm, vma, vpn, entry) : judgeHuge(k, mm, vma, vpn, entry);
}

function judge(k: Kernel, mm: number, vma: number, vpn: number, pte: number): WriteFaultVerdict | null {
  const w = k.world;
  const pfn = pfnOf(pte);
  if (isSpecial(pte) || !w.pages.has(pfn, PG_ANON) || (w.vmas.get(vma, VMA.FLAGS) & VM_SHARED) !== 0) return null;
  k.page.lend(w, mm, vma).at(vpn, pfn, isWritable(pte), w.pages.maybeDmaPinned(pfn));
  const verdict = k.policy.onWriteFault(k.page);
  k.page.release();
  return verdict;
}

export function writeFault(
  k: Kernel,
  mm: number,
  vma: number,
  vpn: number,
  pte: number,
  kind: FaultKind,
  decided?: FaultVerdict,
): Errno | null {
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
  if ((decided ?? judge(k, mm, vma, vpn, pte)) === 'reuse') {
    // A page that is exclusive need not be asked about any further.
    if (!anonExclusive || !w.pages.has(pfn, PG_EXCLUSIVE)) leaveSwapCache(k, pfn);
    k.emit({ type: 'CowReused', mm, vpn, nr: 1, write, exclusive: anonExclusive });
    return null;
  }
  if (!prepareAnonVma(k, mm, vma)) return 'ENOMEM';
  const copy = allocateFrame(k, 'page');
  if (copy < 0) return 'ENOMEM';
  k.emit({ type: 'CowBroken', mm, vpn, nr: 1, pfn: copy, write, exclusive: anonExclusive });
  return null;
}

/** A reused page needs its swap slot no longer once no entry refers to it. @kernel mm/swapfile.c try_to_free_swap() */
function leaveSwapCache(k: Kernel, pfn: number): void {
  const w = k.world;
  if (w.pages.has(pfn, PG_SWAPCACHE) && entriesOf(w, pfn) === 0)
    k.emit({ type: 'SwapCacheFreed', slot: slotOfCached(w, w.pages.headOf(pfn)) });
}

function judgeHuge(k: Kernel, mm: number, vma: number, vpn: number, pmd: number): WriteFaultHugeVerdict | null {
  const w = k.world;
  if (isSpecial(pmd)) return null;
  const head = pfnOf(pmd);
  k.page.lend(w, mm, vma).at(Math.floor(vpn / w.tables.fanout) * w.tables.fanout, head, isWritable(pmd),
    w.pages.maybeDmaPinned(head));
  const verdict = k.policy.onWriteFaultHugePmd(k.page);
  k.page.release();
  return verdict;
}

/** The same at PMD level. A split is not the end: the fault comes again, at PTE level. */
export function hugeWriteFault(
  k: Kernel,
  mm: number,
  vma: number,
  vpn: number,
  pmd: number,
  kind: FaultKind,
  decided?: FaultVerdict,
): Errno | null {
  const w = k.world;
  const { anonExclusive, hugeZeroWrite } = k.policy.traits;
  const span = w.tables.fanout;
  const first = Math.floor(vpn / span) * span;
  const write = kind !== 'unshare' && (w.vmas.get(vma, VMA.FLAGS) & VM_WRITE) !== 0;
  if (isSpecial(pmd))
    return hugeZeroWriteFault(k, mm, vma, first, write, hugeZeroWrite === 'thp' && kind !== 'unshare');
  const verdict = decided ?? judgeHuge(k, mm, vma, vpn, pmd);
  if (verdict === 'reuse') {
    k.emit({ type: 'CowReused', mm, vpn: first, nr: span, write, exclusive: anonExclusive });
    return null;
  }
  const huge = verdict === 'copy' ? allocateHuge(k) : null;
  if (huge === null) k.emit({ type: 'PmdSplit', mm, vpn: first });
  else k.emit({ type: 'HugeCowBroken', mm, vpn: first, ...huge, write, exclusive: anonExclusive });
  return null;
}

function hugeZeroWriteFault(
  k: Kernel,
  mm: number,
  vma: number,
  first: number,
  write: boolean,
  asThp: boolean,
): Errno | null {
  if (asThp) {
    if (!prepareAnonVma(k, mm, vma)) return 'ENOMEM';
    const huge = allocateHuge(k);
    if (huge !== null) {
      const exclusive = k.policy.traits.anonExclusive;
      k.emit({ type: 'HugePageMapped', mm, vpn: first, nr: k.world.tables.fanout, ...huge, hugetlb: false, write,
        exclusive, reserved: false });
      return null;
    }
  }
  k.emit({ type: 'PmdSplit', mm, vpn: first });
  return null;
}
