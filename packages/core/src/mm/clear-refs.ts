/**
 * A write of 4 to /proc/PID/clear_refs: from then on the entries of the process say which pages are stored to
 * (soft-dirty), for which all of them are write-protected.
 * @kernel fs/proc/task_mmu.c clear_refs_write(), clear_soft_dirty(), pte_is_pinned()
 */

import type { CommandOf } from '../commands.ts';
import { done, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { isCowMapping, MM, TASK, VM_HUGETLB, VM_PFNMAP, VM_SOFT_CLEAN, VMA } from '../tables/fields.ts';
import { isHuge, isPresent, isWritable, pfnOf } from '../tables/pte.ts';
import { vmaAtIndex } from '../vma/list.ts';

export function clearRefs(k: Kernel, c: CommandOf<'ClearRefs'>): Result {
  const { mms, tasks, vmas } = k.world;
  const mm = tasks.get(c.task, TASK.MM);
  for (let index = 0; index < mms.get(mm, MM.MAP_COUNT); index++) {
    const vma = vmaAtIndex(k.world, mm, index);
    const flags = vmas.get(vma, VMA.FLAGS);
    if ((flags & VM_SOFT_CLEAN) === 0) k.emit({ type: 'VmaFlagsChanged', mm, vma, flags: flags | VM_SOFT_CLEAN });
    if ((flags & (VM_PFNMAP | VM_HUGETLB)) === 0) watchAll(k, mm, vma);
  }
  return done();
}

function watchAll(k: Kernel, mm: number, vma: number): void {
  const { mms, tables, vmas } = k.world;
  const root = mms.get(mm, MM.PGD);
  const end = vmas.get(vma, VMA.END);
  for (let vpn = vmas.get(vma, VMA.START); root >= 0 && vpn < end;) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return;
    const slot = tables.slot(root, level, vpn);
    const next = tables.spanEnd(Math.max(level, 1), vpn, end);
    if (level === 0) watchTable(k, mm, vma, vpn, next, slot);
    // Huge entries are asked nothing.
    else if (level === 1 && isHuge(tables.a[slot])) k.emit({ type: 'PtesWatched', mm, vpn, nr: next - vpn });
    vpn = next;
  }
}

function watchTable(k: Kernel, mm: number, vma: number, start: number, end: number, slot: number): void {
  const { a } = k.world.tables;
  const watches = (vpn: number): boolean =>
    isPresent(a[slot + vpn - start]) && !isSpared(k, mm, vma, a[slot + vpn - start]);
  for (let vpn = start; vpn < end;) {
    let nr = 0;
    while (vpn + nr < end && watches(vpn + nr)) nr++;
    if (nr > 0) k.emit({ type: 'PtesWatched', mm, vpn, nr });
    vpn += nr + 1;
  }
}

/** What is pinned keeps the right to write that it has, and with it its soft-dirty bit. */
function isSpared(k: Kernel, mm: number, vma: number, pte: number): boolean {
  const { mms, pages, vmas } = k.world;
  return k.policy.traits.clearRefsSparesPins && isCowMapping(vmas.get(vma, VMA.FLAGS)) && isWritable(pte)
    && mms.get(mm, MM.HAS_PINNED) !== 0 && pages.maybeDmaPinned(pfnOf(pte));
}
