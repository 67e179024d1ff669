/**
 * Guard regions: entries that say that nobody may touch their page, without a mapping of their own. They stay through
 * MADV_DONTNEED and are copied to children.
 * @kernel mm/madvise.c madvise_guard_install(), madvise_guard_remove()
 */

import type { Errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { prepareAnonVma } from '../fault/anon-vma.ts';
import { ensureTables } from '../page/tables.ts';
import { zapRange } from '../page/zap.ts';
import { MM, VM_HUGETLB, VM_IO, VM_LOCKED, VM_MAYBE_GUARD, VM_MAYWRITE, VM_MIXEDMAP, VM_PFNMAP,
  VMA } from '../tables/fields.ts';
import { isGuard } from '../tables/pte.ts';

/** What lay there goes. */
export function installGuards(k: Kernel, mm: number, vma: number, start: number, end: number): Errno | null {
  const { tables, vmas } = k.world;
  if (!mayHaveGuards(k, vma, VM_LOCKED)) return 'EINVAL';
  // Either makes fork() copy the entries.
  if (k.policy.traits.guardsMark === 'anon-vma') {
    if (!prepareAnonVma(k, mm, vma)) return 'ENOMEM';
  } else if ((vmas.get(vma, VMA.FLAGS) & VM_MAYBE_GUARD) === 0)
    k.emit({ type: 'VmaFlagsChanged', mm, vma, flags: vmas.get(vma, VMA.FLAGS) | VM_MAYBE_GUARD });
  zapRange(k, mm, start, end);
  for (let vpn = start; vpn < end;) {
    if (!ensureTables(k, mm, vpn, 0)) return 'ENOMEM';
    const next = tables.spanEnd(1, vpn, end);
    k.emit({ type: 'GuardsInstalled', mm, vpn, nr: next - vpn });
    vpn = next;
  }
  return null;
}

/** What lay there before is not to be had again. */
export function removeGuards(k: Kernel, mm: number, vma: number, start: number, end: number): Errno | null {
  if (!mayHaveGuards(k, vma, 0)) return 'EINVAL';
  const { mms, tables } = k.world;
  for (let vpn = start; vpn < end;) {
    const next = tables.spanEnd(1, vpn, end);
    const slot = tables.slot(mms.get(mm, MM.PGD), 0, vpn);
    let first = slot < 0 ? next : vpn;
    while (first < next && !isGuard(tables.a[slot + first - vpn])) first++;
    let last = next;
    while (last > first && !isGuard(tables.a[slot + last - 1 - vpn])) last--;
    if (last > first) k.emit({ type: 'GuardsRemoved', mm, vpn: first, nr: last - first });
    vpn = next;
  }
  return null;
}

/** `besides`: flags that forbid it beside those that always do. @kernel mm/madvise.c is_valid_guard_vma() */
function mayHaveGuards(k: Kernel, vma: number, besides: number): boolean {
  const { vmas } = k.world;
  const flags = vmas.get(vma, VMA.FLAGS);
  if ((flags & (VM_IO | VM_PFNMAP | VM_MIXEDMAP | VM_HUGETLB | besides)) !== 0) return false;
  return k.policy.traits.guardRegions === 'all' || (vmas.get(vma, VMA.FILE) === 0 && (flags & VM_MAYWRITE) !== 0);
}
