/**
 * How large a folio a fault of anonymous memory may get: a THP where the PMD is empty, else the largest of the sizes
 * that the machine allows whose place lies in the VMA and maps nothing yet.
 *
 * @kernel mm/memory.c alloc_anon_folio(), include/linux/huge_mm.h thp_vma_allowable_orders()
 */

import type { Kernel } from '../kernel.ts';
import { VM_HUGEPAGE, VM_HUGETLB, VM_NOHUGEPAGE, VM_UFFD, VMA } from '../tables/fields.ts';
import { HEADER, THP_MODES } from '../tables/header.ts';
import type { World } from '../tables/world.ts';
import { pmdSlot } from '../page/mapping.ts';

/** May a fault at `vpn` map a huge page? The PMD must be empty: an emptied page table keeps the range small. */
export function hugeEligible(k: Kernel, mm: number, vma: number, vpn: number): boolean {
  const w = k.world;
  if (!inheritsThp(w, w.vmas.get(vma, VMA.FLAGS)) || hugeRange(w, vma, vpn) < 0) return false;
  const slot = pmdSlot(w, mm, vpn);
  return slot < 0 || w.tables.a[slot] === 0;
}

/**
 * First page of the aligned range around `vpn` that a THP fits into in `vma`, or -1; where they are had by those alone
 * who ask, by the asking.
 * @kernel mm/huge_memory.c thp_vma_allowable_order()
 */
export function hugeRange(w: World, vma: number, vpn: number): number {
  const flags = w.vmas.get(vma, VMA.FLAGS);
  const asked = w.header[HEADER.THP] === ALWAYS || (flags & VM_HUGEPAGE) !== 0;
  if (!asked || (flags & (VM_NOHUGEPAGE | VM_HUGETLB)) !== 0 || w.vmas.get(vma, VMA.FILE) !== 0) return -1;
  const span = w.tables.fanout;
  const first = Math.floor(vpn / span) * span;
  return first < w.vmas.get(vma, VMA.START) || first + span > w.vmas.get(vma, VMA.END) ? -1 : first;
}

const ALWAYS = THP_MODES.indexOf('always');
const MADVISE = THP_MODES.indexOf('madvise');

/** What `thp` says of a VMA of these flags; so say sizes that inherit. */
function inheritsThp(w: World, flags: number): boolean {
  const thp = w.header[HEADER.THP];
  return thp === ALWAYS || (thp === MADVISE && (flags & VM_HUGEPAGE) !== 0);
}

/** Orders below that of a THP that faults of this anonymous VMA may get, as bits; nearly always none. */
export function ordersOf(k: Kernel, vma: number): number {
  const w = k.world;
  const { header } = w;
  const set = header[HEADER.FOLIOS_ALWAYS] | header[HEADER.FOLIOS_MADVISE] | header[HEADER.FOLIOS_INHERIT];
  if (set === 0 || k.policy.traits.anonFolios !== 'sizes') return 0;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  // A userfaultfd wants to hear of each page.
  if ((flags & (VM_NOHUGEPAGE | VM_HUGETLB | VM_UFFD)) !== 0) return 0;
  const orders = header[HEADER.FOLIOS_ALWAYS] | ((flags & VM_HUGEPAGE) !== 0 ? header[HEADER.FOLIOS_MADVISE] : 0)
    | (inheritsThp(w, flags) ? header[HEADER.FOLIOS_INHERIT] : 0);
  // A smaller machine has smaller THPs.
  return orders & (w.tables.fanout - 1);
}

/**
 * The largest of `orders` whose aligned range around `vpn` lies in the VMA and maps nothing; 0: a page. The page table
 * is there. An order that has no memory is passed over for the next one, not looked at again.
 */
export function fittingOrder(w: World, vma: number, vpn: number, slot: number, orders: number): number {
  const { a } = w.tables;
  for (let left = orders; left !== 0;) {
    const order = 31 - Math.clz32(left);
    left &= ~(1 << order);
    const nr = 1 << order;
    const from = vpn % nr;
    if (vpn - from < w.vmas.get(vma, VMA.START) || vpn - from + nr > w.vmas.get(vma, VMA.END)) continue;
    let empty = 0;
    while (empty < nr && a[slot - from + empty] === 0) empty++;
    if (empty === nr) return order;
  }
  return 0;
}
