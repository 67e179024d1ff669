/** Faults in hugetlb mappings. @kernel mm/hugetlb.c hugetlb_no_page(), hugetlb_wp() */

import type { Errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { MM, VM_HUGETLB, VM_RESERVED, VM_TAKEN_BACK, VM_WRITE, VMA } from '../tables/fields.ts';
import { isHuge, isWritable, pfnOf } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { vmaOf } from '../vma/list.ts';
import { allocateHugetlb } from '../page/allocate.ts';
import { prepareAnonVma } from './anon-vma.ts';
import type { FaultKind } from './fault-kind.ts';
import { pmdSlot } from '../page/mapping.ts';
import { ensureTables } from '../page/tables.ts';

export function hugetlbFault(k: Kernel, mm: number, vma: number, vpn: number, kind: FaultKind): Errno | null {
  const w = k.world;
  const span = w.tables.fanout;
  const first = Math.floor(vpn / span) * span;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  const { anonExclusive } = k.policy.traits;
  if (!ensureTables(k, mm, first, 1) || !prepareAnonVma(k, mm, vma)) return 'ENOMEM';
  const forced = kind === 'break-cow' && k.policy.traits.hugetlbForced === 'writable';
  const write = kind !== 'unshare' && ((flags & VM_WRITE) !== 0 || forced);
  const pmd = w.tables.a[pmdSlot(w, mm, first)];
  const owner = (flags & VM_RESERVED) !== 0;
  if (!isHuge(pmd)) {
    if ((flags & VM_TAKEN_BACK) !== 0) return 'SIGBUS';
    const page = allocateHugetlb(k, owner);
    if (page === null) return 'SIGBUS';
    k.emit({ type: 'HugePageMapped', mm, vpn: first, nr: span, ...page, hugetlb: true,
      write: (flags & VM_WRITE) !== 0 || forced, exclusive: anonExclusive, reserved: owner });
    return null;
  }
  if (reuse(k, mm, vma, first, pmd, write)) return null;
  const page = allocateHugetlb(k, false);
  if (page !== null) {
    k.emit({ type: 'HugeCowBroken', mm, vpn: first, ...page, write, exclusive: anonExclusive });
    return null;
  }
  // The pool is empty. The mapping that the pages were promised to takes its page back from everybody else, who get
  // SIGBUS when they come for it. @kernel mm/hugetlb.c unmap_ref_private()
  if (!owner || !unmapFromOthers(k, mm, pfnOf(pmd))) return 'SIGBUS';
  return reuse(k, mm, vma, first, pmd, write) ? null : 'SIGBUS';
}

function reuse(k: Kernel, mm: number, vma: number, first: number, pmd: number, write: boolean): boolean {
  const head = pfnOf(pmd);
  k.page.lend(k.world, mm, vma).at(first, head, isWritable(pmd), k.world.pages.maybeDmaPinned(head));
  const verdict = k.policy.onWriteFaultHugetlb(k.page);
  k.page.release();
  if (verdict === 'reuse')
    k.emit({ type: 'CowReused', mm, vpn: first, nr: k.world.tables.fanout, write,
      exclusive: k.policy.traits.anonExclusive });
  return verdict === 'reuse';
}

function unmapFromOthers(k: Kernel, keeper: number, head: number): boolean {
  const w = k.world;
  let unmapped = false;
  for (let mm = 0; mm < w.mms.count; mm++) {
    if (!w.mms.isLive(mm) || mm === keeper) continue;
    const vpn = whereMapped(w, mm, head);
    if (vpn < 0) continue;
    k.emit({ type: 'PtesZapped', mm, vpn, nr: w.tables.fanout });
    const vma = vmaOf(w, mm, vpn);
    k.emit({ type: 'VmaFlagsChanged', mm, vma, flags: w.vmas.get(vma, VMA.FLAGS) | VM_TAKEN_BACK });
    unmapped = true;
  }
  return unmapped;
}

/** Where the hugetlb page `head` is mapped in `mm`, or -1. */
function whereMapped(w: World, mm: number, head: number): number {
  for (let index = 0; index < w.mms.get(mm, MM.MAP_COUNT); index++) {
    const vma = w.heap.a[w.mms.get(mm, MM.VMAS) + index];
    if ((w.vmas.get(vma, VMA.FLAGS) & VM_HUGETLB) === 0) continue;
    for (let vpn = w.vmas.get(vma, VMA.START); vpn < w.vmas.get(vma, VMA.END); vpn += w.tables.fanout) {
      const slot = pmdSlot(w, mm, vpn);
      if (slot >= 0 && isHuge(w.tables.a[slot]) && pfnOf(w.tables.a[slot]) === head) return vpn;
    }
  }
  return -1;
}
