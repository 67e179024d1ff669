/** userfaultfd: pages that are protected from stores, and pages that are filled. */

import type { CommandOf } from '../commands.ts';
import { done, refuse, type Result } from '../errno.ts';
import { prepareAnonVma } from '../fault/anon-vma.ts';
import type { Kernel } from '../kernel.ts';
import { PAGE_SIZE } from '../geometry.ts';
import { allocateFrame } from '../page/allocate.ts';
import { leafEntry, leafLevel } from '../page/lookup.ts';
import { ensureTables } from '../page/tables.ts';
import { MM, VM_UFFD, VM_UFFD_WP, VM_WRITE, VMA } from '../tables/fields.ts';
import { isHuge, isPresent } from '../tables/pte.ts';
import { findVma, NO_VMA, vmaOf } from '../vma/list.ts';
import { rangeOf } from './asked-range.ts';

/** @kernel mm/userfaultfd.c mwriteprotect_range() */
export function uffdProtect(k: Kernel, c: CommandOf<'UffdProtect'>): Result {
  const { vmas } = k.world;
  const range = rangeOf(k, c);
  if (typeof range === 'string') return refuse(range, 'userfaultfd: none is open, or a bad range');
  const { mm, start, end } = range;
  const none = (): Result => refuse('ENOENT', 'userfaultfd: a mapping in which it does not protect pages');
  const first = findVma(k.world, mm, start);
  if (first === NO_VMA || vmas.get(first, VMA.START) >= end) return none();
  // Until then the range had to lie in one mapping.
  if (k.policy.traits.uffdProtects === 'one' && (vmas.get(first, VMA.START) > start || vmas.get(first, VMA.END) < end))
    return none();
  for (let at = start; at < end;) {
    const vma = findVma(k.world, mm, at);
    if (vma === NO_VMA || vmas.get(vma, VMA.START) >= end) break;
    if ((vmas.get(vma, VMA.FLAGS) & VM_UFFD_WP) === 0) return none();
    const to = Math.min(end, vmas.get(vma, VMA.END));
    protectPages(k, mm, Math.max(at, vmas.get(vma, VMA.START)), to, c.on);
    at = to;
  }
  return done();
}

/** Pages that are not there are passed by. @kernel mm/mprotect.c change_pte_range(), change_huge_pmd() */
export function protectPages(k: Kernel, mm: number, start: number, end: number, on: boolean): void {
  const { mms, tables } = k.world;
  const root = mms.get(mm, MM.PGD);
  for (let vpn = start; root >= 0 && vpn < end;) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return;
    const next = tables.spanEnd(Math.max(level, 1), vpn, end);
    const slot = tables.slot(root, level, vpn);
    if (level === 1 && isHuge(tables.a[slot])) {
      const first = Math.floor(vpn / tables.fanout) * tables.fanout;
      if (vpn !== first || next !== first + tables.fanout) {
        k.emit({ type: 'PmdSplit', mm, vpn: first });
        continue;
      }
      k.emit({ type: on ? 'PtesWatched' : 'PtesUnwatched', mm, vpn, nr: next - vpn });
    }
    if (level === 0) protectTable(k, mm, vpn, next, slot, on);
    vpn = next;
  }
}

function protectTable(k: Kernel, mm: number, start: number, end: number, slot: number, on: boolean): void {
  const { a } = k.world.tables;
  let first = start;
  while (first < end && !isPresent(a[slot + first - start])) first++;
  let last = end;
  while (last > first && !isPresent(a[slot + last - 1 - start])) last--;
  if (last > first) k.emit({ type: on ? 'PtesWatched' : 'PtesUnwatched', mm, vpn: first, nr: last - first });
}

/** @kernel mm/userfaultfd.c mfill_atomic(), mfill_atomic_install_pte() */
export function uffdCopy(k: Kernel, c: CommandOf<'UffdCopy'>): Result {
  const { vmas } = k.world;
  const range = rangeOf(k, { task: c.task, addr: c.vpn * PAGE_SIZE, length: PAGE_SIZE });
  if (typeof range === 'string') return refuse(range, 'userfaultfd: none is open, or a bad range');
  const { mm } = range;
  const vma = vmaOf(k.world, mm, c.vpn);
  if (vma === NO_VMA || (vmas.get(vma, VMA.FLAGS) & VM_UFFD) === 0)
    return refuse('ENOENT', 'userfaultfd: a mapping that it does not watch');
  if (!prepareAnonVma(k, mm, vma)) return refuse('ENOMEM', 'userfaultfd: no memory for an anon_vma');
  if (leafLevel(k.world, mm, c.vpn) > 0) return refuse('EEXIST', 'userfaultfd: a huge page is there');
  const pfn = ensureTables(k, mm, c.vpn, 0) ? allocateFrame(k, 'page') : -1;
  if (pfn < 0) return refuse('ENOMEM', 'userfaultfd: no memory for the page');
  if (leafEntry(k.world, mm, c.vpn) !== 0) return refuse('EEXIST', 'userfaultfd: a page is there');
  k.emit({ type: 'AnonPagesMapped', mm, vpn: c.vpn, nr: 1, pfn, write: (vmas.get(vma, VMA.FLAGS) & VM_WRITE) !== 0,
    exclusive: k.policy.traits.anonExclusive });
  k.emit({ type: 'PagesStored', mm, vpn: c.vpn, nr: 1, value: c.value });
  return done();
}
