/**
 * One huge page in the place of small ones, by khugepaged or because a process asks for it: their contents are copied,
 * and whoever else maps the old pages keeps them. Untouched pages are filled with zeroes. A page that somebody refers to
 * beside its mappings sends all away.
 *
 * @kernel mm/khugepaged.c madvise_collapse(), hpage_collapse_scan_pmd(), collapse_huge_page()
 */

import type { CommandOf } from '../commands.ts';
import { done, type Errno, refuse, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { TASK, VM_ACCESS, VM_HUGETLB, VM_NOHUGEPAGE, VM_WRITE, VMA } from '../tables/fields.ts';
import { PG_ANON } from '../tables/pages.ts';
import { isHuge, isPresent, isSpecial, isSwap, isTable, isWritable, pfnOf } from '../tables/pte.ts';
import { handleFault } from '../fault/fault.ts';
import { hugeRange } from '../fault/folio-orders.ts';
import { allocateHuge } from '../page/allocate.ts';
import { pmdSlot, readPte } from '../page/mapping.ts';
import { NO_VMA, vmaOf } from '../vma/list.ts';
import { unexplained } from './references.ts';

/** khugepaged, which leaves a range alone that it finds to be shared in more than half. */
export function collapse(k: Kernel, c: CommandOf<'Collapse'>): Result {
  const w = k.world;
  const mm = w.tasks.get(c.task, TASK.MM);
  const vma = vmaOf(w, mm, c.vpn);
  const first = vma === NO_VMA ? -1 : hugeRange(w, vma, c.vpn);
  const slot = first < 0 ? -1 : pmdSlot(w, mm, first);
  if (slot < 0 || !isTable(w.tables.a[slot]))
    return refuse('EINVAL', 'collapse: not a range of small pages in which a huge one may be');
  const errno = collapseTable(k, mm, vma, first, w.tables.fanout >> 1);
  return errno === null
    ? done()
    : refuse(errno, 'collapse: a page is shared, swapped or referred to, or none is there');
}

/**
 * MADV_COLLAPSE of each whole huge page of the range, which is within the VMA. One that cannot be made does not keep
 * the others from being made; the last failure is told.
 */
export function collapseRange(k: Kernel, mm: number, vma: number, start: number, end: number): Errno | null {
  const w = k.world;
  const span = w.tables.fanout;
  if (!mayCollapse(k, vma)) return 'EINVAL';
  const first = Math.ceil(start / span) * span;
  const last = Math.floor(end / span) * span;
  let failed: Errno | null = first > last && k.policy.traits.collapseOfNone === 'EINVAL' ? 'EINVAL' : null;
  for (let vpn = first; vpn < last; vpn += span) {
    const slot = pmdSlot(w, mm, vpn);
    const entry = slot < 0 ? 0 : w.tables.a[slot];
    if (isHuge(entry)) continue;
    const errno = isTable(entry) ? collapseTable(k, mm, vma, vpn, span) : 'EINVAL';
    failed = errno ?? failed;
    // What was not whitelisted by the kernel ends the call.
    if (errno === 'ENOMEM') return errno;
  }
  return failed;
}

/** Whether huge pages are welcome is not asked, only whether they are unwelcome. */
function mayCollapse(k: Kernel, vma: number): boolean {
  const { vmas, tables } = k.world;
  if ((vmas.get(vma, VMA.FLAGS) & (VM_NOHUGEPAGE | VM_HUGETLB)) !== 0) return false;
  // @simplifies shmem and files, whose ranges are too small here to hold a huge page
  if (vmas.get(vma, VMA.FILE) !== 0 || vmas.get(vma, VMA.ANON_VMA) === 0) return false;
  const span = tables.fanout;
  return Math.ceil(vmas.get(vma, VMA.START) / span) * span + span <= vmas.get(vma, VMA.END);
}

/** `sharedMax`: of so many pages others may map. */
function collapseTable(k: Kernel, mm: number, vma: number, first: number, sharedMax: number): Errno | null {
  const w = k.world;
  const nr = w.tables.fanout;
  let shared = 0;
  let writable = k.policy.traits.madviseCollapse === 'any';
  for (let vpn = first; vpn < first + nr; vpn++) {
    if (isSwap(readPte(w, mm, vpn))) {
      const errno = handleFault(k, mm, vma, vpn, 'read');
      if (errno !== null) return errno;
    }
    const pte = readPte(w, mm, vpn);
    if (!isPresent(pte) || isSpecial(pte)) continue;
    const pfn = pfnOf(pte);
    if (!w.pages.has(pfn, PG_ANON)) return 'EINVAL';
    if (unexplained(w, pfn) !== 0) return 'EAGAIN';
    writable ||= isWritable(pte);
    if (w.pages.mapcountAll(pfn) > 1) shared++;
  }
  if (shared > sharedMax) return 'EAGAIN';
  if (!writable) return 'EINVAL';
  const huge = allocateHuge(k);
  if (huge === null) return 'ENOMEM';
  const flags = w.vmas.get(vma, VMA.FLAGS);
  k.emit({ type: 'HugePageCollapsed', mm, vpn: first, nr, ...huge, write: (flags & VM_WRITE) !== 0,
    none: (flags & VM_ACCESS) === 0, exclusive: k.policy.traits.anonExclusive });
  return null;
}
