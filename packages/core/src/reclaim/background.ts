/**
 * ksmd, migration and khugepaged: they take pages away from under their owners, and each of them first counts the
 * references. One it cannot explain, a pin for instance, sends it away.
 */

import type { CommandOf } from '../commands.ts';
import { done, refuse, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { TASK, VM_MERGEABLE, VM_WRITE, VMA } from '../tables/fields.ts';
import { PG_ANON, PG_CACHE, PG_KSM, PG_SWAPCACHE } from '../tables/pages.ts';
import { isPresent, isSpecial, isTable, pfnOf } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { NO_VMA, vmaOf } from '../vma/list.ts';
import { allocateFrame, allocateHuge } from '../page/allocate.ts';
import { hugeRange } from '../fault/folio-orders.ts';
import { pmdSlot, readPte } from '../page/mapping.ts';

/** References that mappings and caches do not account for. */
function unexplained(w: World, pfn: number): number {
  const caches = (w.pages.has(pfn, PG_SWAPCACHE) ? 1 : 0) + (w.pages.has(pfn, PG_CACHE) ? 1 : 0);
  return w.pages.refcount(pfn) - w.pages.mapcount(pfn) - caches;
}

/** The small anonymous page at `vpn`, or -1. */
function smallAnon(w: World, mm: number, vpn: number): number {
  const pte = readPte(w, mm, vpn);
  if (!isPresent(pte) || isSpecial(pte)) return -1;
  const pfn = pfnOf(pte);
  return w.pages.has(pfn, PG_ANON) && !w.pages.isLarge(pfn) ? pfn : -1;
}

/** @kernel mm/ksm.c try_to_merge_one_page() */
export function ksmMerge(k: Kernel, c: CommandOf<'KsmMerge'>): Result {
  const w = k.world;
  if (!w.tasks.isLive(c.intoTask)) return refuse('ESRCH', `there is no task ${c.intoTask}`);
  const mm = w.tasks.get(c.task, TASK.MM);
  const intoMm = w.tasks.get(c.intoTask, TASK.MM);
  for (const [owner, vpn] of [[mm, c.vpn], [intoMm, c.intoVpn]]) {
    const vma = vmaOf(w, owner, vpn);
    if (vma === NO_VMA || (w.vmas.get(vma, VMA.FLAGS) & VM_MERGEABLE) === 0)
      return refuse('EINVAL', 'ksm: not a mergeable mapping');
  }
  const page = smallAnon(w, mm, c.vpn);
  const into = smallAnon(w, intoMm, c.intoVpn);
  if (page < 0 || into < 0 || page === into) return refuse('EFAULT', 'ksm: there are no two small anonymous pages');
  if (w.pages.stamp[page] !== w.pages.stamp[into]) return refuse('EFAULT', 'ksm: the pages differ');
  if (!w.pages.has(into, PG_KSM)) {
    if (unexplained(w, into) !== 0 || w.pages.mapcount(into) !== 1)
      return refuse('EAGAIN', 'ksm: somebody else refers to the page');
    k.emit({ type: 'KsmPageMade', mm: intoMm, vpn: c.intoVpn });
  }
  if (unexplained(w, page) !== 0) return refuse('EAGAIN', 'ksm: somebody else refers to the page');
  k.emit({ type: 'KsmPageShared', mm, vpn: c.vpn, pfn: into });
  return done();
}

/**
 * The mark of an exclusive page travels with it (a readable-exclusive migration entry).
 * @kernel mm/migrate.c folio_migrate_mapping()
 */
export function migrate(k: Kernel, c: CommandOf<'Migrate'>): Result {
  const w = k.world;
  const from = smallAnon(w, w.tasks.get(c.task, TASK.MM), c.vpn);
  if (from < 0 || w.pages.has(from, PG_SWAPCACHE))
    return refuse('EFAULT', 'migrate: no small anonymous page outside the swap cache is there');
  if (unexplained(w, from) !== 0) return refuse('EAGAIN', 'migrate: somebody else refers to the page');
  const to = allocateFrame(k, 'page');
  if (to < 0) return refuse('ENOMEM', 'migrate: no page to move to');
  let fresh = true;
  for (let mm = 0; mm < w.mms.count; mm++) {
    if (!w.mms.isLive(mm) || smallAnon(w, mm, c.vpn) !== from) continue;
    k.emit({ type: 'PteMigrated', mm, vpn: c.vpn, from, pfn: to, fresh });
    fresh = false;
  }
  return done();
}

/**
 * Pages that others map or refer to stay as they are, and with them all their neighbours.
 * @kernel mm/khugepaged.c __collapse_huge_page_isolate()
 */
export function collapse(k: Kernel, c: CommandOf<'Collapse'>): Result {
  const w = k.world;
  const mm = w.tasks.get(c.task, TASK.MM);
  const vma = vmaOf(w, mm, c.vpn);
  const first = vma === NO_VMA ? -1 : hugeRange(w, vma, c.vpn);
  const slot = first < 0 ? -1 : pmdSlot(w, mm, first);
  if (slot < 0 || !isTable(w.tables.a[slot]))
    return refuse('EINVAL', 'collapse: not a range of small pages in which a huge one may be');
  const nr = w.tables.fanout;
  let present = 0;
  for (let vpn = first; vpn < first + nr; vpn++) {
    const pte = readPte(w, mm, vpn);
    if (pte === 0 || isSpecial(pte)) continue;
    const pfn = smallAnon(w, mm, vpn);
    if (pfn < 0 || w.pages.mapcount(pfn) !== 1 || unexplained(w, pfn) !== 0)
      return refuse('EAGAIN', 'collapse: a page is large, shared, swapped or referred to');
    present++;
  }
  if (present === 0) return refuse('EAGAIN', 'collapse: nothing is there to collapse');
  const huge = allocateHuge(k);
  if (huge === null) return refuse('ENOMEM', 'collapse: no huge page');
  const write = (w.vmas.get(vma, VMA.FLAGS) & VM_WRITE) !== 0;
  k.emit({ type: 'HugePageCollapsed', mm, vpn: first, nr, ...huge, write, exclusive: k.policy.traits.anonExclusive });
  return done();
}
