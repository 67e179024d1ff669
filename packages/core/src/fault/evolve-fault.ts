/** Facts about pages and their entries: what faults, zaps and protection changes leave behind. */

import { assertNever, type EventOf, type FaultEvent } from '../events.ts';
import { MM, VM_HUGETLB, VM_SOFT_CLEAN, VMA } from '../tables/fields.ts';
import { FOLIO } from '../tables/folios.ts';
import { HEADER } from '../tables/header.ts';
import { MAPCOUNT_ONE, PG_ANON, PG_EXCLUSIVE, PG_LARGE, PG_LIVE, PG_NEW_ANON, PG_SWAPCACHE,
  ZERO_PFN } from '../tables/pages.ts';
import { flagsOf, isHuge, isPresent, isSpecial, isWatched, makePte, pfnOf, PTE_DIRTY, PTE_HUGE, PTE_PRESENT,
  PTE_PROTNONE, PTE_SPECIAL, PTE_WATCHED, PTE_WRITE, PTE_YOUNG } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { vmaOf } from '../vma/list.ts';
import { cachedPage, fillCache } from '../page/file-cache.ts';
import { forEntries, leafSlot, mapPte, pmdSlot, readPte, rssField, unmapPte, writePte } from '../page/mapping.ts';

export function evolveFault(w: World, e: FaultEvent): void {
  switch (e.type) {
    case 'ZeroPagesMapped': {
      const slot = leafSlot(w, e.mm, e.vpn);
      for (let i = 0; i < e.nr; i++) w.tables.a[slot + i] = makePte(ZERO_PFN, PTE_PRESENT | PTE_YOUNG | PTE_SPECIAL);
      return;
    }
    case 'HugeZeroMapped':
      w.tables.a[pmdSlot(w, e.mm, e.vpn)] = makePte(ZERO_PFN, PTE_PRESENT | PTE_HUGE | PTE_SPECIAL | PTE_YOUNG);
      return;
    case 'AnonPagesMapped':
      mapAnon(w, e);
      return;
    case 'AnonFolioMapped':
      mapFolio(w, e);
      return;
    case 'HugePageMapped':
      mapHuge(w, e);
      return;
    case 'PageCacheFilled':
      for (let i = 0; i < e.nr; i++) fillCache(w, e.file, e.index + i, e.pfn + i);
      return;
    case 'FilePagesMapped': {
      const slot = leafSlot(w, e.mm, e.vpn);
      const flags = PTE_PRESENT | PTE_YOUNG | (e.write ? PTE_WRITE : 0) | (e.dirty ? PTE_DIRTY : 0);
      for (let i = 0; i < e.nr; i++) {
        if (w.tables.a[slot + i] !== 0) continue;
        const pfn = cachedPage(w, e.file, e.index + i);
        if (pfn >= 0) mapPte(w, e.mm, slot + i, makePte(pfn, flags));
      }
      return;
    }
    case 'FilePageCopied': {
      const source = cachedPage(w, e.file, e.index);
      w.pages.take(e.pfn, 1, PG_NEW_ANON | (e.exclusive ? PG_EXCLUSIVE : 0), 0, 0, w.pages.stamp[source]);
      mapPte(w, e.mm, leafSlot(w, e.mm, e.vpn),
        makePte(e.pfn, PTE_PRESENT | PTE_YOUNG | PTE_DIRTY | (e.write ? PTE_WRITE : 0)));
      return;
    }
    case 'CowBroken':
      breakCow(w, e);
      return;
    case 'HugeCowBroken':
      breakHugeCow(w, e);
      return;
    case 'CowReused':
      reuse(w, e);
      return;
    case 'PmdSplit':
      splitPmd(w, e.mm, e.vpn);
      return;
    case 'HugePudMapped': {
      const head = cachedPage(w, e.file, 0);
      w.tables.a[w.tables.slot(w.mms.get(e.mm, MM.PGD), 2, e.vpn)] = makePte(head, PTE_PRESENT | PTE_HUGE | PTE_YOUNG);
      w.pages.mapEntire(head, e.mm);
      w.mms.add(e.mm, MM.RSS_FILE, w.tables.span(2));
      return;
    }
    case 'PudCleared': {
      const slot = w.tables.slot(w.mms.get(e.mm, MM.PGD), 2, e.vpn);
      const pfn = pfnOf(w.tables.a[slot]);
      w.tables.a[slot] = 0;
      w.mms.add(e.mm, rssField(w.pages.meta[pfn]), -w.tables.span(2));
      w.pages.unmapEntire(pfn, e.mm);
      return;
    }
    case 'PtesAccessed':
      forEntries(w, e.mm, e.vpn, e.nr, (pte) => (isPresent(pte) ? pte | PTE_YOUNG | (e.dirty ? PTE_DIRTY : 0) : pte));
      return;
    case 'PtesProtected':
      forEntries(w, e.mm, e.vpn, e.nr, (pte) =>
        isPresent(pte)
          ? (pte & ~(PTE_WRITE | PTE_PROTNONE)) | (e.write ? PTE_WRITE : 0) | (e.none ? PTE_PROTNONE : 0)
          : pte);
      return;
    case 'PtesZapped':
      zap(w, e);
      return;
    case 'PtesMoved':
      if (w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn) < 0) {
        const pmd = pmdSlot(w, e.mm, e.vpn);
        w.tables.a[pmdSlot(w, e.mm, e.to)] = w.tables.a[pmd] & ~PTE_WATCHED;
        w.tables.a[pmd] = 0;
        return;
      }
      for (let i = 0; i < e.nr; i++) {
        const pte = readPte(w, e.mm, e.vpn + i);
        writePte(w, e.mm, e.to + i, isPresent(pte) ? pte & ~PTE_WATCHED : pte);
        writePte(w, e.mm, e.vpn + i, 0);
      }
      return;
    default:
      assertNever(e);
  }
}

function mapAnon(w: World, e: EventOf<'AnonPagesMapped'>): void {
  w.pages.take(e.pfn, e.nr, PG_NEW_ANON | (e.exclusive ? PG_EXCLUSIVE : 0), 1, 0, 0);
  w.runs.rising(leafSlot(w, e.mm, e.vpn),
    makePte(e.pfn, PTE_PRESENT | PTE_YOUNG | (e.write ? PTE_WRITE | PTE_DIRTY : 0)), e.nr);
  w.mms.add(e.mm, MM.RSS_ANON, e.nr);
}

/** @kernel mm/rmap.c folio_add_new_anon_rmap(): a folio under PTEs has the mark on each of its pages */
function mapFolio(w: World, e: EventOf<'AnonFolioMapped'>): void {
  w.pages.takeFolio(e.pfn, e.folio, e.nr, PG_NEW_ANON | (e.exclusive ? PG_EXCLUSIVE : 0) | MAPCOUNT_ONE, 0, false);
  w.pages.folios.mapped(e.folio, e.mm, e.nr);
  w.runs.rising(leafSlot(w, e.mm, e.vpn),
    makePte(e.pfn, PTE_PRESENT | PTE_YOUNG | (e.write ? PTE_WRITE | PTE_DIRTY : 0)), e.nr);
  w.mms.add(e.mm, MM.RSS_ANON, e.nr);
}

function mapHuge(w: World, e: EventOf<'HugePageMapped'>): void {
  const flags = e.hugetlb ? PG_LIVE | PG_ANON : PG_NEW_ANON;
  w.pages.takeFolio(e.pfn, e.folio, e.nr, flags, 0, e.hugetlb);
  if (e.exclusive) w.pages.setFlag(e.pfn, PG_EXCLUSIVE);
  if (e.hugetlb) w.header[HEADER.HUGETLB_FREE]--;
  if (e.reserved) w.header[HEADER.HUGETLB_RESERVED]--;
  w.tables.a[pmdSlot(w, e.mm, e.vpn)] = makePte(e.pfn,
    PTE_PRESENT | PTE_HUGE | PTE_YOUNG | PTE_DIRTY | (e.write ? PTE_WRITE : 0));
  w.pages.mapEntire(e.pfn, e.mm);
  // hugetlb pages are counted apart and never show in rss.
  if (!e.hugetlb) w.mms.add(e.mm, MM.RSS_ANON, e.nr);
}

/** A copy that nobody has stored to yet is waited for as its page was. */
const keptWatch = (write: boolean, old: number): number => (write ? 0 : old & PTE_WATCHED);

function breakCow(w: World, e: EventOf<'CowBroken'>): void {
  const flags = PTE_PRESENT | PTE_YOUNG | (e.write ? PTE_DIRTY | PTE_WRITE : 0);
  for (let i = 0; i < e.nr; i++) {
    const slot = leafSlot(w, e.mm, e.vpn + i);
    const old = w.tables.a[slot];
    w.pages.take(e.pfn + i, 1, PG_NEW_ANON | (e.exclusive ? PG_EXCLUSIVE : 0), 0, 0,
      isSpecial(old) ? 0 : w.pages.stamp[pfnOf(old)]);
    unmapPte(w, e.mm, slot);
    mapPte(w, e.mm, slot, makePte(e.pfn + i, flags | keptWatch(e.write, old)));
  }
}

function breakHugeCow(w: World, e: EventOf<'HugeCowBroken'>): void {
  const slot = pmdSlot(w, e.mm, e.vpn);
  const old = w.tables.a[slot];
  const source = pfnOf(old);
  const nr = w.tables.fanout;
  const hugetlb = w.pages.folios.get(w.pages.folioOf(source), FOLIO.HUGETLB) !== 0;
  if (hugetlb) w.header[HEADER.HUGETLB_FREE]--;
  w.pages.takeFolio(e.pfn, e.folio, nr, hugetlb ? PG_LIVE | PG_ANON : PG_NEW_ANON, 0, hugetlb);
  if (e.exclusive) w.pages.setFlag(e.pfn, PG_EXCLUSIVE);
  w.pages.stamp.copyWithin(e.pfn, source, source + nr);
  w.tables.a[slot] = makePte(e.pfn,
    PTE_PRESENT | PTE_HUGE | PTE_YOUNG | PTE_DIRTY | (e.write ? PTE_WRITE : 0) | keptWatch(e.write, old));
  w.pages.mapEntire(e.pfn, e.mm);
  w.pages.unmapEntire(source, e.mm);
}

/** A store makes a page soft-dirty; what a userfaultfd left behind of its protection stays. */
function soiled(w: World, mm: number, vpn: number, pte: number): number {
  if (!isWatched(pte)) return pte;
  return (w.vmas.get(vmaOf(w, mm, vpn), VMA.FLAGS) & VM_SOFT_CLEAN) === 0 ? pte : pte & ~PTE_WATCHED;
}

function reuse(w: World, e: EventOf<'CowReused'>): void {
  const leaf = w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
  const slot = leaf < 0 ? pmdSlot(w, e.mm, e.vpn) : leaf;
  const { a } = w.tables;
  for (let i = slot; i < slot + (leaf < 0 ? 1 : e.nr); i++) {
    if (e.write) a[i] = soiled(w, e.mm, e.vpn, a[i]) | PTE_WRITE | PTE_DIRTY | PTE_YOUNG;
    if (e.exclusive) w.pages.setFlag(pfnOf(a[i]), PG_EXCLUSIVE);
  }
}

/** @kernel mm/huge_memory.c __split_huge_pmd_locked() */
function splitPmd(w: World, mm: number, vpn: number): void {
  const { tables, pages } = w;
  const slot = pmdSlot(w, mm, vpn);
  const pmd = tables.a[slot];
  const nr = tables.fanout;
  const node = tables.nextFree();
  tables.take(node);
  tables.a[slot] = makePte(node, PTE_PRESENT);
  w.mms.add(mm, MM.NR_TABLES, 1);
  const flags = flagsOf(pmd) & ~PTE_HUGE;
  const head = pfnOf(pmd);
  const first = node * nr;
  if (isSpecial(pmd)) {
    for (let i = 0; i < nr; i++) tables.a[first + i] = makePte(ZERO_PFN, flags);
    return;
  }
  const exclusive = pages.has(head, PG_EXCLUSIVE);
  for (let i = 0; i < nr; i++) {
    tables.a[first + i] = makePte(head + i, flags);
    pages.map1(head + i, mm);
    if (exclusive) pages.setFlag(head + i, PG_EXCLUSIVE);
  }
  pages.unmapEntire(head, mm);
}

function zap(w: World, e: EventOf<'PtesZapped'>): void {
  const leaf = w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
  if (leaf >= 0) {
    zapPtes(w, e.mm, leaf, e.nr);
    return;
  }
  const slot = pmdSlot(w, e.mm, e.vpn);
  const pmd = slot < 0 ? 0 : w.tables.a[slot];
  if (!isHuge(pmd)) return;
  w.tables.a[slot] = 0;
  if (isSpecial(pmd)) return;
  const vma = vmaOf(w, e.mm, e.vpn);
  const hugetlb = vma >= 0 && (w.vmas.get(vma, VMA.FLAGS) & VM_HUGETLB) !== 0;
  if (!hugetlb) w.mms.add(e.mm, MM.RSS_ANON, -w.tables.fanout);
  w.pages.unmapEntire(pfnOf(pmd), e.mm);
}

/** Shorter runs than this are not worth looking for. */
const RUN_WORTH = 8;

function zapPtes(w: World, mm: number, slot: number, nr: number): void {
  const { a } = w.tables;
  for (let i = slot; i < slot + nr;) {
    const pte = a[i];
    const left = slot + nr - i;
    const run =
      left >= RUN_WORTH && isPresent(pte) && !isSpecial(pte) && !w.pages.has(pfnOf(pte), PG_LARGE | PG_SWAPCACHE)
        ? w.runs.alike(i, left, true)
        : 1;
    if (run < RUN_WORTH) {
      for (const end = i + run; i < end; i++) if (a[i] !== 0) unmapPte(w, mm, i);
      continue;
    }
    w.mms.add(mm, rssField(w.pages.meta[pfnOf(pte)]), -run);
    w.pages.unmapRun(pfnOf(pte), run);
    a.fill(0, i, i + run);
    i += run;
  }
}
