/**
 * What fork() did to runs of pages. `PtesShared` and `PagesCopied` are the hot facts of the whole model: one pass over
 * two page tables and the counters of the pages, nothing allocated.
 */

import { assertNever, type EventOf, type ForkEvent } from '../events.ts';
import { MM, SWAP, VM_HUGETLB, VMA } from '../tables/fields.ts';
import { HEADER } from '../tables/header.ts';
import { MAPCOUNT_ONE, PG_ANON, PG_EXCLUSIVE, PG_LARGE, PG_LIVE, PG_LRU, PG_NEW_ANON,
  PG_SHMEM } from '../tables/pages.ts';
import { makePte, pfnOf, PFN_SHIFT, PTE_DIRTY, PTE_HUGE, PTE_PRESENT, PTE_PROTNONE, PTE_SPECIAL, PTE_WRITE, PTE_YOUNG,
  sharedSwapPte, swapSlotOf } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { pmdSlot, rssField } from '../page/mapping.ts';
import { vmaOf } from '../vma/list.ts';

export function evolveFork(w: World, e: ForkEvent, uniform: boolean): void {
  switch (e.type) {
    case 'PtesShared':
      if (uniform) shareUniform(w, e);
      else share(w, e);
      return;
    case 'PagesCopied':
      copy(w, e, uniform);
      return;
    case 'SwapPtesShared': {
      const from = leaf(w, e.from, e.vpn);
      const to = leaf(w, e.to, e.vpn);
      const { a } = w.tables;
      for (let i = 0; i < e.nr; i++) {
        const pte = sharedSwapPte(a[from + i]);
        a[from + i] = pte;
        a[to + i] = pte;
        w.swaps.add(swapSlotOf(pte), SWAP.COUNT, 1);
      }
      w.mms.add(e.to, MM.RSS_SWAP, e.nr);
      return;
    }
    case 'HugePmdShared':
      shareHuge(w, e);
      return;
    case 'HugePudShared': {
      const from = w.tables.slot(w.mms.get(e.from, MM.PGD), 2, e.vpn);
      const pud = e.wrprotect ? w.tables.a[from] & ~PTE_WRITE : w.tables.a[from];
      w.tables.a[from] = pud;
      w.tables.a[w.tables.slot(w.mms.get(e.to, MM.PGD), 2, e.vpn)] = pud & ~PTE_YOUNG;
      w.pages.mapEntire(pfnOf(pud), e.to);
      w.mms.add(e.to, MM.RSS_FILE, w.tables.span(2));
      return;
    }
    case 'HugePageCopied':
      copyHuge(w, e);
      return;
    default:
      assertNever(e);
  }
}

function leaf(w: World, mm: number, vpn: number): number {
  const slot = w.tables.slot(w.mms.get(mm, MM.PGD), 0, vpn);
  if (slot < 0) throw new RangeError(`mm ${mm}: no page table for page ${vpn.toString(16)}`);
  return slot;
}

/**
 * Imported constants are read from their module's cell at every use, and the engine does not hoist that; in this loop
 * they would cost more than the work. Hence the locals.
 */
function share(w: World, e: EventOf<'PtesShared'>): void {
  const { a } = w.tables;
  const { meta } = w.pages;
  const from = leaf(w, e.from, e.vpn);
  const end = from + e.nr;
  const to = leaf(w, e.to, e.vpn) - from;
  const keepParent = e.wrprotect ? ~PTE_WRITE : -1;
  const keepChild = e.clean ? ~(PTE_YOUNG | PTE_DIRTY) : ~PTE_YOUNG;
  const keepMeta = e.exclusiveCleared ? ~PG_EXCLUSIVE : -1;
  const special = PTE_SPECIAL;
  const shift = PFN_SHIFT;
  const one = MAPCOUNT_ONE;
  const anonymous = PG_ANON;
  const large = PG_LARGE;
  const shmem = PG_SHMEM;
  const rare = PG_LARGE | PG_SHMEM;
  let anon = 0;
  let other = 0;
  // Pages of one folio follow each other nearly always: it is told once of all of them.
  let folio = 0;
  let ofFolio = 0;
  for (let i = from; i < end; i++) {
    const pte = a[i] & keepParent;
    a[i] = pte;
    a[i + to] = pte & keepChild;
    if ((pte & special) !== 0) {
      other++;
      continue;
    }
    const pfn = pte >>> shift;
    const flags = meta[pfn];
    meta[pfn] = ((flags & keepMeta) + one) | 0;
    anon += flags & anonymous;
    if ((flags & rare) === 0) continue;
    if ((flags & shmem) !== 0) other += shareShmem(w, e.to);
    if ((flags & large) === 0) continue;
    if (w.pages.extra[pfn] === folio) ofFolio++;
    else {
      if (ofFolio > 0) w.pages.folios.mapped(folio, e.to, ofFolio);
      folio = w.pages.extra[pfn];
      ofFolio = 1;
    }
  }
  if (ofFolio > 0) w.pages.folios.mapped(folio, e.to, ofFolio);
  w.mms.add(e.to, MM.RSS_ANON, anon);
  w.mms.add(e.to, MM.RSS_FILE, e.nr - anon - other);
}

/** Another rss counter counts it. Returns how many it does. */
function shareShmem(w: World, mm: number): number {
  w.mms.add(mm, MM.RSS_SHMEM, 1);
  return 1;
}

/** Entries a, a + 1 frame, a + 2 frames, … of small pages whose words are all the same: stores only, and two fills. */
function shareUniform(w: World, e: EventOf<'PtesShared'>): void {
  const from = leaf(w, e.from, e.vpn);
  const pte = w.tables.a[from];
  const pfn = pfnOf(pte);
  const flags = w.pages.meta[pfn];
  const parent = e.wrprotect ? pte & ~PTE_WRITE : pte;
  if (parent !== pte) w.runs.rising(from, parent, e.nr);
  w.runs.rising(leaf(w, e.to, e.vpn), parent & (e.clean ? ~(PTE_YOUNG | PTE_DIRTY) : ~PTE_YOUNG), e.nr);
  w.pages.meta.fill(((e.exclusiveCleared ? flags & ~PG_EXCLUSIVE : flags) + MAPCOUNT_ONE) | 0, pfn, pfn + e.nr);
  w.mms.add(e.to, rssField(flags), e.nr);
}

function copy(w: World, e: EventOf<'PagesCopied'>, uniform: boolean): void {
  // The parent keeps its mapping, so its page cannot go away; `take` may move the buffer, hence the views come after
  // it.
  const flags = (e.lru ? PG_NEW_ANON : PG_NEW_ANON & ~PG_LRU) | (e.exclusive ? PG_EXCLUSIVE : 0);
  w.pages.take(e.pfn, e.nr, flags, 1, 0, 0);
  fillChild(w, e, uniform);
}

/** Contents and entries of early copies; the frames are taken already. */
export function fillChild(w: World, e: Omit<EventOf<'PagesCopied'>, 'type'>, uniform: boolean): void {
  const from = leaf(w, e.from, e.vpn);
  const to = leaf(w, e.to, e.vpn);
  const { a } = w.tables;
  const { stamp } = w.pages;
  if (uniform) stamp.copyWithin(e.pfn, pfnOf(a[from]), pfnOf(a[from]) + e.nr);
  else for (let i = 0; i < e.nr; i++) stamp[e.pfn + i] = stamp[pfnOf(a[from + i])];
  w.runs.rising(to,
    makePte(e.pfn,
      PTE_PRESENT | PTE_DIRTY | (e.young ? PTE_YOUNG : 0) | (e.write ? PTE_WRITE : 0) | (e.none ? PTE_PROTNONE : 0)),
    e.nr);
  w.mms.add(e.to, MM.RSS_ANON, e.nr);
}

function shareHuge(w: World, e: EventOf<'HugePmdShared'>): void {
  const { a } = w.tables;
  const from = pmdSlot(w, e.from, e.vpn);
  const pmd = e.wrprotect ? a[from] & ~PTE_WRITE : a[from];
  a[from] = pmd;
  a[pmdSlot(w, e.to, e.vpn)] = pmd & ~PTE_YOUNG;
  if ((pmd & PTE_SPECIAL) !== 0) return;
  const head = pfnOf(pmd);
  if (e.exclusiveCleared) w.pages.clearFlag(head, PG_EXCLUSIVE);
  w.pages.mapEntire(head, e.to);
  if (!isHugetlb(w, e.to, e.vpn)) w.mms.add(e.to, MM.RSS_ANON, w.tables.fanout);
}

function isHugetlb(w: World, mm: number, vpn: number): boolean {
  return (w.vmas.get(vmaOf(w, mm, vpn), VMA.FLAGS) & VM_HUGETLB) !== 0;
}

function copyHuge(w: World, e: EventOf<'HugePageCopied'>): void {
  const nr = w.tables.fanout;
  const source = pfnOf(w.tables.a[pmdSlot(w, e.from, e.vpn)]);
  w.header[HEADER.HUGETLB_FREE]--;
  w.pages.takeFolio(e.pfn, e.folio, nr, PG_LIVE | PG_ANON, 0, true);
  if (e.exclusive) w.pages.setFlag(e.pfn, PG_EXCLUSIVE);
  w.pages.stamp.copyWithin(e.pfn, source, source + nr);
  w.tables.a[pmdSlot(w, e.to, e.vpn)] = makePte(e.pfn,
    PTE_PRESENT | PTE_HUGE | PTE_DIRTY | (e.write ? PTE_WRITE : 0) | (e.none ? PTE_PROTNONE : 0));
  w.pages.mapEntire(e.pfn, e.to);
}
