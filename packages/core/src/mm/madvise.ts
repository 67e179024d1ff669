/** @kernel mm/madvise.c do_madvise(), madvise_vma_behavior() */

import type { Advice, CommandOf } from '../commands.ts';
import { done, type Errno, refuse, type Result } from '../errno.ts';
import { PAGE_SIZE } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { isCowMapping, TASK, VM_DONTCOPY, VM_HUGEPAGE, VM_HUGETLB, VM_IO, VM_LOCKED, VM_MAYSHARE, VM_MERGEABLE,
  VM_MIXEDMAP, VM_NOHUGEPAGE, VM_PFNMAP, VM_SHARED, VM_WIPEONFORK, VMA } from '../tables/fields.ts';
import { freeEmptyTables } from '../page/tables.ts';
import { giveUpReservation, restorePromises } from '../page/hugetlb.ts';
import { collapseRange } from '../reclaim/collapse.ts';
import { enterKsm, unmerge } from '../reclaim/ksmd.ts';
import { markLazyfree } from '../reclaim/lazyfree.ts';
import { coolDown } from '../reclaim/reclaim.ts';
import { zapRange } from '../page/zap.ts';
import { installGuards, removeGuards } from './guard.ts';
import { changeFlags, forVmasIn, type Wish } from '../vma/split.ts';
import { isAligned, pageUp } from './range.ts';

/** Flags an advice clears and sets. */
const FLAG_CHANGES: Partial<Record<Advice, FlagChange>> = {
  dontfork: [0, VM_DONTCOPY],
  dofork: [VM_DONTCOPY, 0],
  wipeonfork: [0, VM_WIPEONFORK],
  keeponfork: [VM_WIPEONFORK, 0],
  hugepage: [VM_NOHUGEPAGE, VM_HUGEPAGE],
  nohugepage: [VM_HUGEPAGE, VM_NOHUGEPAGE],
  mergeable: [0, VM_MERGEABLE],
  unmergeable: [VM_MERGEABLE, 0],
};

export function madvise(k: Kernel, c: CommandOf<'Madvise'>): Result {
  const mm = k.world.tasks.get(c.task, TASK.MM);
  const { guardRegions, madviseCollapse } = k.policy.traits;
  const unknown = c.advice === 'invalid' || (c.advice === 'collapse' && madviseCollapse === 'no')
    || ((c.advice === 'guard' || c.advice === 'unguard') && guardRegions === 'none');
  if (unknown)
    return refuse('EINVAL', 'madvise: unknown advice');
  if (!isAligned(c.addr)) return refuse('EINVAL', 'madvise: the address is not page aligned');
  const start = c.addr / PAGE_SIZE;
  const end = start + pageUp(c.length);
  if (end * PAGE_SIZE > Number.MAX_SAFE_INTEGER) return refuse('EINVAL', 'madvise: address and length overflow');
  if (start === end) return done();
  const change = FLAG_CHANGES[c.advice];
  const { errno, hole } = change === undefined
    ? forVmasIn(k, mm, start, end, () => 'whole', (vma) => dropPages(k, mm, vma, c.advice, start, end))
    : forVmasIn(k, mm, start, end, (vma) => wish(k, vma, c.advice, change), (vma) => {
      const errno = beforeChange(k, mm, vma, c.advice);
      if (errno === null) changeFlags(k, mm, vma, changed(k, vma, change));
      return errno;
    });
  if (errno !== null) return refuse(errno, `madvise: MADV_${c.advice.toUpperCase()} does not fit the mapping`);
  return hole ? refuse('ENOMEM', 'madvise: part of the range is not mapped') : done();
}

/** The range is the VMA's own by now. */
function beforeChange(k: Kernel, mm: number, vma: number, advice: Advice): Errno | null {
  const { vmas } = k.world;
  if (advice === 'mergeable') enterKsm(k, mm);
  return advice === 'unmergeable' ? unmerge(k, mm, vma, vmas.get(vma, VMA.START), vmas.get(vma, VMA.END)) : null;
}

type FlagChange = readonly [clear: number, set: number];

function changed(k: Kernel, vma: number, [clear, set]: FlagChange): number {
  return (k.world.vmas.get(vma, VMA.FLAGS) & ~clear) | set;
}

function wish(k: Kernel, vma: number, advice: Advice, change: FlagChange): Wish {
  const { vmas } = k.world;
  const old = vmas.get(vma, VMA.FLAGS);
  if (advice === 'dofork' && (old & (k.policy.traits.hugetlbDofork ? VM_IO : VM_IO | VM_HUGETLB)) !== 0)
    return 'EINVAL';
  // A hugetlb mapping has a file behind it, even an anonymous one.
  if (advice === 'wipeonfork' && (vmas.get(vma, VMA.FILE) !== 0 || (old & (VM_SHARED | VM_HUGETLB)) !== 0))
    return 'EINVAL';
  // ksmd merges no shared memory. @kernel mm/ksm.c vma_ksm_compatible()
  if (advice === 'mergeable' && (old & (VM_SHARED | VM_MAYSHARE | VM_IO | VM_PFNMAP | VM_HUGETLB | VM_MIXEDMAP)) !== 0)
    return 'skip';
  return changed(k, vma, change) === old ? 'skip' : 'cut';
}

function dropPages(k: Kernel, mm: number, vma: number, advice: Advice, start: number, end: number): Errno | null {
  const w = k.world;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  const from = Math.max(start, w.vmas.get(vma, VMA.START));
  let to = Math.min(end, w.vmas.get(vma, VMA.END));
  if (advice === 'free') {
    const refused = (flags & (VM_LOCKED | VM_PFNMAP | VM_HUGETLB)) !== 0 || !isCowMapping(flags)
      || w.vmas.get(vma, VMA.FILE) !== 0;
    if (refused) return 'EINVAL';
    markLazyfree(k, mm, from, to);
    return null;
  }
  if (advice === 'collapse') return collapseRange(k, mm, vma, from, to);
  if (advice === 'guard') return installGuards(k, mm, vma, from, to);
  if (advice === 'unguard') return removeGuards(k, mm, vma, from, to);
  if (advice === 'cold') return coolDown(k, mm, vma, from, to);
  if (advice !== 'dontneed') return null;
  if ((flags & (VM_LOCKED | VM_PFNMAP)) !== 0) return 'EINVAL';
  if ((flags & VM_HUGETLB) !== 0) {
    if (!k.policy.traits.hugetlbDontneed || from % w.tables.fanout !== 0) return 'EINVAL';
    to = Math.floor(to / w.tables.fanout) * w.tables.fanout;
    if (to <= from) return null;
    giveUpReservation(k, mm, vma);
    restorePromises(k, mm, vma, from, to);
  }
  zapRange(k, mm, from, to, 'guards stay');
  if (k.policy.traits.freesEmptyTables) freeEmptyTables(k, mm, from, to);
  return null;
}
