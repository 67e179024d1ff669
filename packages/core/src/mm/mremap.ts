/** @kernel mm/mremap.c mremap(), move_vma(), move_page_tables() */

import { type CommandOf, MREMAP_FIXED, MREMAP_MAYMOVE } from '../commands.ts';
import { done, refuse, type Result } from '../errno.ts';
import { PAGE_SIZE, PUD_LEVEL, taskSizePages } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { FILE, FILE_KIND, MM, TASK, VM_DONTEXPAND, VM_HUGETLB, VM_LOCKED, VM_MERGEABLE, VM_PFNMAP, VM_RESERVED, VM_UFFD,
  VMA } from '../tables/fields.ts';
import { isHuge } from '../tables/pte.ts';
import { ensureTables } from '../page/tables.ts';
import { unmerge } from '../reclaim/ksmd.ts';
import { findVma, NO_VMA, vmaOf } from '../vma/list.ts';
import { mergeAround, mergeAt, splitHugeAcross } from '../vma/split.ts';
import { overlaps, topDown } from './mmap.ts';
import { unmapRange } from './munmap.ts';
import { populate } from './populate.ts';
import { isAligned, pageUp } from './range.ts';

export function mremap(k: Kernel, c: CommandOf<'Mremap'>): Result {
  const w = k.world;
  const mm = w.tasks.get(c.task, TASK.MM);
  const fixed = (c.flags & MREMAP_FIXED) !== 0;
  const mayMove = (c.flags & MREMAP_MAYMOVE) !== 0;
  if ((c.flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE)) !== 0 || (fixed && !mayMove))
    return refuse('EINVAL', 'mremap: MREMAP_FIXED needs MREMAP_MAYMOVE');
  if (!isAligned(c.addr) || c.newLength === 0 || c.oldLength === 0)
    return refuse('EINVAL', 'mremap: unaligned address or empty length');
  const start = c.addr / PAGE_SIZE;
  if (k.policy.traits.mremapShrink === 'unmaps' && !fixed && pageUp(c.newLength) <= pageUp(c.oldLength))
    return shrink(k, mm, c, pageUp(c.oldLength), pageUp(c.newLength));
  if (k.policy.traits.mremapShrink === 'unmaps' && fixed)
    return moveFixed(k, mm, c, start, pageUp(c.oldLength), pageUp(c.newLength));
  const many = k.policy.traits.mremapMoves === 'many';
  if (fixed && many) {
    const refused = badTarget(k, mm, c);
    if (refused !== null) return refused;
    if (pageUp(c.newLength) === pageUp(c.oldLength)) return moveAll(k, mm, start, start + pageUp(c.oldLength), c);
  }
  const vma = vmaOf(w, mm, start);
  if (vma === NO_VMA) return refuse('EFAULT', 'mremap: nothing is mapped at the old address');
  const hugetlb = (w.vmas.get(vma, VMA.FLAGS) & VM_HUGETLB) !== 0;
  const unit = hugetlb ? w.tables.fanout : 1;
  const oldNr = Math.ceil(pageUp(c.oldLength) / unit) * unit;
  const newNr = Math.ceil(pageUp(c.newLength) / unit) * unit;
  if (start % unit !== 0) return refuse('EINVAL', 'mremap: not the start of a hugetlb page');
  // Cutting off the tail is an munmap() of it, however many mappings lie in the range.
  // The promises of a hugetlb mapping cannot grow with it.
  if (hugetlb && newNr > oldNr) return refuse('EINVAL', 'mremap: a hugetlb mapping cannot grow');
  if (hugetlb && fixed && ((c.newAddr ?? 0) / PAGE_SIZE) % unit !== 0)
    return refuse('EINVAL', 'mremap: hugetlb pages do not go there');
  const isOne = (nr: number): boolean => start + nr <= w.vmas.get(vma, VMA.END);
  // A tail that is cut off may be anything.
  if (fixed) return many && !isOne(Math.min(oldNr, newNr)) ? notOne() : moveFixed(k, mm, c, start, oldNr, newNr);
  if (newNr <= oldNr) return shrink(k, mm, c, oldNr, newNr);
  if (!isOne(oldNr)) return notOne();
  if ((w.vmas.get(vma, VMA.FLAGS) & (VM_DONTEXPAND | VM_PFNMAP)) !== 0)
    return refuse('EFAULT', 'mremap: this mapping cannot grow');
  const end = start + newNr;
  const atEnd = start + oldNr === w.vmas.get(vma, VMA.END);
  if (atEnd && end <= taskSizePages(w.geometry) && !overlaps(w, mm, start + oldNr, end)) {
    k.emit({ type: 'VmaResized', mm, vma, start: w.vmas.get(vma, VMA.START), end });
    mergeAt(k, mm, end, 'lower');
    populateGrowth(k, mm, start, oldNr, newNr);
    return done(c.addr);
  }
  if (!mayMove) return refuse('ENOMEM', 'mremap: no room behind the mapping, and it may not move');
  const place = topDown(w, mm, newNr, 1);
  return place === null ? refuse('ENOMEM', 'mremap: no gap is large enough') : move(k, mm, start, oldNr, newNr, place);
}

/** Cutting off the tail is an munmap() of it; what lies before it, or whether anything does, is not looked at. */
function shrink(k: Kernel, mm: number, c: CommandOf<'Mremap'>, oldNr: number, newNr: number): Result {
  const start = c.addr / PAGE_SIZE;
  const errno = newNr < oldNr ? unmapRange(k, mm, start + newNr, start + oldNr) : null;
  return errno === null ? done(c.addr) : refuse(errno, 'mremap: the tail cannot be cut off');
}

const notOne = (): Result => refuse('EFAULT', 'mremap: the old range is not one mapping');

/**
 * What is wrong with the new place, without a look at the old one; null: nothing.
 * @kernel mm/mremap.c check_mremap_params(), before: mremap_to()
 */
function badTarget(k: Kernel, mm: number, c: CommandOf<'Mremap'>): Result | null {
  const target = c.newAddr ?? 0;
  const [start, oldNr, newNr] = [c.addr / PAGE_SIZE, pageUp(c.oldLength), pageUp(c.newLength)];
  if (!isAligned(target) || target / PAGE_SIZE + newNr > taskSizePages(k.world.geometry))
    return refuse('EINVAL', 'mremap: a bad new address');
  const to = target / PAGE_SIZE;
  if (to < start + oldNr && start < to + newNr) return refuse('EINVAL', 'mremap: the new range overlaps the old one');
  return k.world.mms.get(mm, MM.MAP_COUNT) + 2 >= k.mapCountMax - 3
    ? refuse('ENOMEM', 'mremap: vm.max_map_count is reached')
    : null;
}

function moveFixed(k: Kernel, mm: number, c: CommandOf<'Mremap'>, start: number, oldNr: number, newNr: number): Result {
  const { vmas } = k.world;
  const refused = badTarget(k, mm, c);
  if (refused !== null) return refused;
  const to = (c.newAddr ?? 0) / PAGE_SIZE;
  const errno = unmapRange(k, mm, to, to + newNr)
    ?? (newNr < oldNr ? unmapRange(k, mm, start + newNr, start + oldNr) : null);
  if (errno !== null) return refuse(errno, 'mremap: what is mapped at the new place cannot be cut out');
  const nr = Math.min(oldNr, newNr);
  const vma = vmaOf(k.world, mm, start);
  if (vma === NO_VMA) return notOne();
  if ((vmas.get(vma, VMA.FLAGS) & VM_HUGETLB) !== 0 && k.policy.traits.mremapShrink === 'unmaps')
    return refuse('EINVAL', 'mremap: hugetlb mappings do not move');
  return start + nr > vmas.get(vma, VMA.END) ? notOne() : move(k, mm, start, nr, newNr, to);
}

/**
 * All mappings of [start, end), which may have holes between them but none in front. What was moved before an error
 * stays moved. @kernel mm/mremap.c remap_move()
 */
function moveAll(k: Kernel, mm: number, start: number, end: number, c: CommandOf<'Mremap'>): Result {
  const { vmas } = k.world;
  let to = (c.newAddr ?? 0) / PAGE_SIZE;
  let moved = false;
  for (let at = start; at < end;) {
    const vma = findVma(k.world, mm, at);
    if (vma === NO_VMA || vmas.get(vma, VMA.START) >= end) break;
    const from = Math.max(vmas.get(vma, VMA.START), start);
    if (!moved && from > start) break;
    // Holes are as wide at the new place.
    to += from - at;
    const unit = (vmas.get(vma, VMA.FLAGS) & VM_HUGETLB) === 0 ? 1 : k.world.tables.fanout;
    if (from % unit !== 0 || to % unit !== 0) return refuse('EINVAL', 'mremap: not whole hugetlb pages');
    const nr = Math.ceil((Math.min(vmas.get(vma, VMA.END), end) - from) / unit) * unit;
    at = from + nr;
    const errno = unmapRange(k, mm, to, to + nr);
    if (errno !== null) return refuse(errno, 'mremap: what is mapped at the new place cannot be cut out');
    const result = move(k, mm, from, nr, nr, to);
    if (!result.ok) return result;
    to += nr;
    moved = true;
  }
  return moved ? done(c.newAddr ?? 0) : refuse('EFAULT', 'mremap: nothing is mapped at the old address');
}

/** The entries move, so pages, pins and their counts stay; an address that was pinned shows nothing any more. */
function move(k: Kernel, mm: number, start: number, oldNr: number, newNr: number, to: number): Result {
  const w = k.world;
  const vma = vmaOf(w, mm, start);
  if (w.mms.get(mm, MM.MAP_COUNT) >= k.mapCountMax - 3) return refuse('ENOMEM', 'mremap: vm.max_map_count is reached');
  if (!k.allocates('vma')) return refuse('ENOMEM', 'mremap: no memory for a vma');
  const { vmas } = w;
  const anonVma = vmas.get(vma, VMA.ANON_VMA);
  const file = vmas.get(vma, VMA.FILE);
  // Asked first, so that a refusal leaves nothing behind. @kernel mm/mremap.c move_vma(), drivers/dax/device.c
  // dev_dax_may_split()
  const part = start > vmas.get(vma, VMA.START) || start + oldNr < vmas.get(vma, VMA.END);
  if (part && w.files.get(file, FILE.KIND) === FILE_KIND.dax)
    return refuse('EINVAL', 'mremap: a part of a device mapping cannot be moved');
  // A mapping that has no anonymous page yet takes the page offset of its new place, so that it can merge there.
  const pgoff = file === 0 && anonVma === 0 ? to : vmas.get(vma, VMA.PGOFF) + start - vmas.get(vma, VMA.START);
  // Merged pages would be met again where others may have been merged before.
  const unmerged = (vmas.get(vma, VMA.FLAGS) & VM_MERGEABLE) === 0 ? null : unmerge(k, mm, vma, start, start + oldNr);
  if (unmerged !== null) return refuse(unmerged, 'mremap: no memory to copy merged pages');
  const made = vmas.nextFree();
  k.emit({ type: 'VmaMapped', mm, vma: made, start: to, end: to + newNr, flags: vmas.get(vma, VMA.FLAGS) & ~VM_UFFD,
    file, pgoff });
  if (anonVma !== 0) k.emit({ type: 'AnonVmaPrepared', mm, vma: made, anonVma });
  splitHugeAcross(k, mm, start);
  splitHugeAcross(k, mm, start + oldNr);
  if (!movePages(k, mm, start, to, oldNr)) return refuse('ENOMEM', 'mremap: no memory for a page table');
  // What the pool had promised is promised to the mapping at its new place.
  if ((vmas.get(vma, VMA.FLAGS) & VM_RESERVED) !== 0)
    k.emit({ type: 'VmaFlagsChanged', mm, vma, flags: vmas.get(vma, VMA.FLAGS) & ~VM_RESERVED });
  const errno = unmapRange(k, mm, start, start + oldNr);
  if (errno !== null) return refuse(errno, 'mremap: the old range cannot be unmapped');
  mergeAround(k, mm, to, to + newNr);
  populateGrowth(k, mm, to, oldNr, newNr);
  return done(to * PAGE_SIZE);
}

/** What a locked mapping has grown by is faulted in; if that fails, nobody is told. */
function populateGrowth(k: Kernel, mm: number, start: number, oldNr: number, newNr: number): void {
  const { vmas } = k.world;
  if ((vmas.get(vmaOf(k.world, mm, start), VMA.FLAGS) & VM_LOCKED) !== 0) populate(k, mm, start + oldNr, start + newNr);
}

function movePages(k: Kernel, mm: number, start: number, to: number, nr: number): boolean {
  const { tables, mms } = k.world;
  const root = mms.get(mm, MM.PGD);
  for (let i = 0; root >= 0 && i < nr;) {
    const level = tables.levelOf(root, start + i);
    if (level > tables.top) return true;
    if (level > 0) {
      const next = tables.spanEnd(level, start + i, start + nr) - start;
      const entry = tables.a[tables.slot(root, level, start + i)];
      if (isHuge(entry) && level === PUD_LEVEL) {
        // A file's PUD is not moved in parts: it is cleared, and what it mapped comes back by faults. @kernel
        // mm/huge_memory.c __split_huge_pud()
        k.emit({ type: 'PudCleared', mm,
          vpn: Math.floor((start + i) / tables.span(PUD_LEVEL)) * tables.span(PUD_LEVEL) });
      } else if (isHuge(entry)) {
        if (!ensureTables(k, mm, to + i, 1)) return false;
        // Only a whole huge page moves as one, and only to where no page table is in the way.
        const whole = next - i === tables.fanout && (to + i) % tables.fanout === 0
          && tables.a[tables.slot(root, 1, to + i)] === 0;
        if (!whole) {
          k.emit({ type: 'PmdSplit', mm, vpn: Math.floor((start + i) / tables.fanout) * tables.fanout });
          continue;
        }
        k.emit({ type: 'PtesMoved', mm, vpn: start + i, to: to + i, nr: tables.fanout });
      }
      i = next;
      continue;
    }
    const run = Math.min(tables.spanEnd(1, start + i, start + nr) - start, tables.spanEnd(1, to + i, to + nr) - to) - i;
    if (!ensureTables(k, mm, to + i, 0)) return false;
    k.emit({ type: 'PtesMoved', mm, vpn: start + i, to: to + i, nr: run });
    i += run;
  }
  return true;
}
