/**
 * Page faults: what an access meets and what the kernel does about it. Each call handles one fault; the access is then
 * tried again, as the CPU does.
 *
 * @kernel mm/memory.c handle_mm_fault(), mm/huge_memory.c, mm/hugetlb.c hugetlb_fault()
 */

import type { Errno } from '../errno.ts';
import { PUD_LEVEL } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { FILE, FILE_KIND, MM, VM_HUGETLB, VM_SHARED, VM_SOFT_CLEAN, VM_UFFD_MISSING, VM_UFFD_WP, VM_WRITE,
  VMA } from '../tables/fields.ts';
import { isGuard, isSwap, isWatched } from '../tables/pte.ts';
import { allocateFolio, allocateFrame, allocateHuge } from '../page/allocate.ts';
import { prepareAnonVma } from './anon-vma.ts';
import type { FaultKind } from './fault-kind.ts';
import { fittingOrder, hugeEligible, ordersOf } from './folio-orders.ts';
import { cachedPage } from '../page/file-cache.ts';
import { hugetlbFault } from './hugetlb-fault.ts';
import { leafEntry, leafLevel } from '../page/lookup.ts';
import { leafSlot } from '../page/mapping.ts';
import { swapFault } from './swap-fault.ts';
import { ensureTables } from '../page/tables.ts';
import { type FaultVerdict, hugeWriteFault, writeFault } from './write-fault.ts';

/**
 * Handle one fault at `vpn` of `vma`. Returns an errno when it cannot be served. `decided`: an earlier step judged it.
 */
export function handleFault(
  k: Kernel,
  mm: number,
  vma: number,
  vpn: number,
  kind: FaultKind,
  decided?: FaultVerdict,
): Errno | null {
  const w = k.world;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  if ((flags & VM_HUGETLB) !== 0) return hugetlbFault(k, mm, vma, vpn, kind);
  const entry = leafEntry(w, mm, vpn);
  const level = leafLevel(w, mm, vpn);
  if (level === PUD_LEVEL) {
    // Whatever needs more than the read-only PUD refaults at PTE level once it is gone.
    k.emit({ type: 'PudCleared', mm, vpn: Math.floor(vpn / w.tables.span(PUD_LEVEL)) * w.tables.span(PUD_LEVEL) });
    return null;
  }
  if (level >= 0 && kind !== 'unshare' && (flags & VM_UFFD_WP) !== 0 && isWatched(entry)) return 'SIGBUS';
  if (level > 0) return hugeWriteFault(k, mm, vma, vpn, entry, kind, decided);
  if (level === 0) return writeFault(k, mm, vma, vpn, entry, kind, decided);
  if (isSwap(entry)) return swapFault(k, mm, vma, vpn, kind);
  if (isGuard(entry)) return 'EFAULT';
  return w.vmas.get(vma, VMA.FILE) === 0 ? anonFault(k, mm, vma, vpn, kind) : fileFault(k, mm, vma, vpn, kind);
}

/** @kernel mm/memory.c do_anonymous_page(), mm/huge_memory.c do_huge_pmd_anonymous_page() */
function anonFault(k: Kernel, mm: number, vma: number, vpn: number, kind: FaultKind): Errno | null {
  const w = k.world;
  const writable = (w.vmas.get(vma, VMA.FLAGS) & VM_WRITE) !== 0;
  // Told only when all is ready for the page.
  const missing = (w.vmas.get(vma, VMA.FLAGS) & VM_UFFD_MISSING) !== 0;
  // What a store did not bring is not soft-dirty.
  const softClean = (w.vmas.get(vma, VMA.FLAGS) & VM_SOFT_CLEAN) !== 0;
  const { anonExclusive: exclusive, zeroPage } = k.policy.traits;
  const asksForPage = kind === 'write' || kind === 'break-cow' || zeroPage !== 'mapped';
  if (hugeEligible(k, mm, vma, vpn)) {
    const span = w.tables.fanout;
    const first = Math.floor(vpn / span) * span;
    // Unlike a small page, a huge one asks for the anon_vma first even where the zero page will do.
    if (!ensureTables(k, mm, vpn, 1) || !prepareAnonVma(k, mm, vma)) return 'ENOMEM';
    if (missing) return 'SIGBUS';
    if (!asksForPage) {
      k.emit({ type: 'HugeZeroMapped', mm, vpn: first });
      if (softClean) k.emit({ type: 'PtesWatched', mm, vpn: first, nr: span });
      return null;
    }
    const huge = allocateHuge(k);
    if (huge !== null) {
      k.emit({ type: 'HugePageMapped', mm, vpn: first, nr: span, ...huge, hugetlb: false, write: writable, exclusive,
        reserved: false });
      return null;
    }
  }
  if (!ensureTables(k, mm, vpn, 0)) return 'ENOMEM';
  if (!asksForPage) {
    if (missing) return 'SIGBUS';
    k.emit({ type: 'ZeroPagesMapped', mm, vpn, nr: 1 });
    if (softClean) k.emit({ type: 'PtesWatched', mm, vpn, nr: 1 });
    return null;
  }
  if (!prepareAnonVma(k, mm, vma)) return 'ENOMEM';
  if (missing) return 'SIGBUS';
  if (mapsFolio(k, mm, vma, vpn, writable)) return null;
  const pfn = allocateFrame(k, 'page');
  if (pfn < 0) return 'ENOMEM';
  k.emit({ type: 'AnonPagesMapped', mm, vpn, nr: 1, pfn, write: writable, exclusive });
  if (softClean && !writable) k.emit({ type: 'PtesWatched', mm, vpn, nr: 1 });
  return null;
}

/** A folio of more than one page, where one fits and there is memory for it; else the next size. */
function mapsFolio(k: Kernel, mm: number, vma: number, vpn: number, write: boolean): boolean {
  const orders = ordersOf(k, vma);
  if (orders === 0) return false;
  let order = fittingOrder(k.world, vma, vpn, leafSlot(k.world, mm, vpn), orders);
  for (; order > 0; order = 31 - Math.clz32(orders & ((1 << order) - 1))) {
    const nr = 1 << order;
    const folio = allocateFolio(k, nr);
    if (folio === null) continue;
    k.emit({ type: 'AnonFolioMapped', mm, vpn: vpn - (vpn % nr), nr, ...folio, write,
      exclusive: k.policy.traits.anonExclusive });
    return true;
  }
  return false;
}

/** A DAX file mapped from its start, aligned and whole, into a PUD that holds nothing yet. */
function pudEligible(k: Kernel, mm: number, vma: number, vpn: number): boolean {
  const w = k.world;
  if (w.files.get(w.vmas.get(vma, VMA.FILE), FILE.KIND) !== FILE_KIND.dax) return false;
  const span = w.tables.span(PUD_LEVEL);
  const first = w.vmas.get(vma, VMA.START);
  if (first % span !== 0 || w.vmas.get(vma, VMA.END) !== first + span || w.vmas.get(vma, VMA.PGOFF) !== 0) return false;
  const slot = w.tables.slot(w.mms.get(mm, MM.PGD), PUD_LEVEL, vpn);
  return slot < 0 || w.tables.a[slot] === 0;
}

/**
 * Pages that a read fault maps around the one it is for, where the page cache has them.
 * @kernel mm/memory.c fault_around_bytes
 */
const FAULT_AROUND_PAGES = 16;

/** @kernel mm/memory.c do_read_fault(), do_cow_fault(), do_shared_fault() */
function fileFault(k: Kernel, mm: number, vma: number, vpn: number, kind: FaultKind): Errno | null {
  const w = k.world;
  const file = w.vmas.get(vma, VMA.FILE);
  const index = w.vmas.get(vma, VMA.PGOFF) + vpn - w.vmas.get(vma, VMA.START);
  const flags = w.vmas.get(vma, VMA.FLAGS);
  const shared = (flags & VM_SHARED) !== 0;
  const asksForPage = kind === 'write' || kind === 'break-cow';
  if (index >= w.files.get(file, FILE.NR)) return pastTheEnd(k, mm, vma, vpn, index, asksForPage);
  if (!asksForPage && pudEligible(k, mm, vma, vpn)) {
    if (!ensureTables(k, mm, vpn, PUD_LEVEL)) return 'ENOMEM';
    k.emit({ type: 'HugePudMapped', mm, vpn: vpn - index, file });
    return null;
  }
  if (!ensureTables(k, mm, vpn, 0)) return 'ENOMEM';
  if (!shared && asksForPage && !prepareAnonVma(k, mm, vma)) return 'ENOMEM';
  if (cachedPage(w, file, index) < 0) {
    const pfn = allocateFrame(k, 'page');
    if (pfn < 0) return 'ENOMEM';
    k.emit({ type: 'PageCacheFilled', file, index, nr: 1, pfn });
  }
  if (!shared && asksForPage) {
    const pfn = allocateFrame(k, 'page');
    if (pfn < 0) return 'ENOMEM';
    k.emit({ type: 'FilePageCopied', mm, vpn, file, index, pfn, write: (flags & VM_WRITE) !== 0,
      exclusive: k.policy.traits.anonExclusive });
    return null;
  }
  if (asksForPage) {
    k.emit({ type: 'FilePagesMapped', mm, vpn, nr: 1, file, index, write: true, dirty: true });
    return null;
  }
  mapAround(k, mm, vma, vpn, index);
  return null;
}

/**
 * A load maps what the page cache has around it, and a store gives a private mapping its anon_vma, before either comes
 * to ask for a page that the file does not have.
 */
function pastTheEnd(k: Kernel, mm: number, vma: number, vpn: number, index: number, asksForPage: boolean): Errno {
  const shared = (k.world.vmas.get(vma, VMA.FLAGS) & VM_SHARED) !== 0;
  if (asksForPage && shared) return 'SIGBUS';
  if (!ensureTables(k, mm, vpn, 0) || (asksForPage && !prepareAnonVma(k, mm, vma))) return 'ENOMEM';
  if (!asksForPage) mapAround(k, mm, vma, vpn, index);
  return 'SIGBUS';
}

/** Map what the page cache has in the window around `vpn`, which shows page `index`. */
function mapAround(k: Kernel, mm: number, vma: number, vpn: number, index: number): void {
  const w = k.world;
  const file = w.vmas.get(vma, VMA.FILE);
  const flags = w.vmas.get(vma, VMA.FLAGS);
  // shmem needs no write notification, so its shared entries are writable from the first read on.
  const write = (flags & VM_SHARED) !== 0 && (flags & (VM_WRITE | VM_SOFT_CLEAN)) === VM_WRITE
    && w.files.get(file, FILE.KIND) === FILE_KIND.memfd;
  const window = Math.min(FAULT_AROUND_PAGES, w.tables.fanout);
  const first = Math.max(Math.floor(vpn / window) * window, w.vmas.get(vma, VMA.START));
  // As many pages where the mapping begins within the window, then; never beyond the page table.
  const last = Math.min(first + window, w.tables.spanEnd(1, vpn, w.vmas.get(vma, VMA.END)),
    vpn - index + w.files.get(file, FILE.NR));
  if (first >= last) return;
  const mapped = { mm, file, write, dirty: false };
  if ((flags & VM_SOFT_CLEAN) === 0) {
    k.emit({ type: 'FilePagesMapped', ...mapped, vpn: first, nr: last - first, index: index - (vpn - first) });
    return;
  }
  // What was there before may be soft-dirty.
  for (let at = first; at < last; at++) {
    if (leafEntry(w, mm, at) !== 0) continue;
    k.emit({ type: 'FilePagesMapped', ...mapped, vpn: at, nr: 1, index: index - (vpn - at) });
    k.emit({ type: 'PtesWatched', mm, vpn: at, nr: 1 });
  }
}
