/**
 * What must hold between any two commands: counters equal what a recount finds. Slow by design; it walks everything and
 * shares no code with the paths it checks.
 */

import { FILE, FOLL_PIN, isCowMapping, MM, PIN, SWAP, VM_HUGETLB, VM_RESERVED, VM_WRITE,
  VMA } from './tables/fields.ts';
import { FOLIO, HUGETLB_RESTORE } from './tables/folios.ts';
import { HEADER } from './tables/header.ts';
import { GUP_PIN_COUNTING_BIAS, PG_ANON, PG_CACHE, PG_EXCLUSIVE, PG_LIVE, PG_SHMEM, PG_SWAPCACHE,
  ZERO_PFN } from './tables/pages.ts';
import { isHuge, isMarker, isPresent, isSpecial, isSwap, isSwapExclusive, isTable, isWritable, pfnOf,
  swapSlotOf } from './tables/pte.ts';
import type { World } from './tables/world.ts';
import { vmaOf } from './vma/list.ts';

export interface Broken {
  /** I1-I6 as in kernel-semantics 5.7; `H9` for a child entry more permissive than its VMA. */
  readonly invariant: 'I1' | 'I2' | 'I3' | 'H9' | 'layout';
  readonly what: string;
}

interface Recount {
  readonly refs: Float64Array;
  readonly maps: Float64Array;
  readonly folioRefs: Map<number, number>;
  readonly folioPins: Map<number, number>;
  readonly entire: Map<number, number>;
  readonly swap: Map<number, number>;
  readonly nodes: Set<number>;
  readonly broken: Broken[];
}

/** Every broken invariant, empty when the world is sound. `anonExclusive`: the kernel maintains PG_anon_exclusive. */
export function checkInvariants(
  w: World,
  options: { readonly anonExclusive?: boolean; readonly ignoreVmaWrite?: boolean } = {},
): readonly Broken[] {
  const size = w.pages.count;
  const r: Recount = { refs: new Float64Array(size), maps: new Float64Array(size), folioRefs: new Map(),
    folioPins: new Map(), entire: new Map(), swap: new Map(), nodes: new Set(), broken: [] };
  for (let mm = 0; mm < w.mms.count; mm++) if (w.mms.isLive(mm)) countMm(w, mm, r, options);
  countHolders(w, r);
  comparePages(w, r);
  compareFolios(w, r);
  for (let slot = 0; slot < w.swaps.count; slot++) {
    if (w.swaps.isLive(slot))
      expect(r, 'I1', w.swaps.get(slot, SWAP.COUNT), r.swap.get(slot) ?? 0, `swap slot ${slot}: count`);
  }
  if (options.anonExclusive === true) checkExclusive(w, r);
  expect(r, 'layout', w.pages.used, countUsed(w), 'pages in use');
  expect(r, 'layout', w.header[HEADER.HUGETLB_RESERVED], countPromises(w), 'hugetlb pages promised');
  return r.broken;
}

function expect(r: Recount, invariant: Broken['invariant'], stored: number, counted: number, what: string): void {
  if (stored !== counted) r.broken.push({ invariant, what: `${what} is ${stored}, a recount gives ${counted}` });
}

const bump = (map: Map<number, number>, key: number, by = 1): void => void map.set(key, (map.get(key) ?? 0) + by);

function countMm(w: World, mm: number, r: Recount, options: { readonly ignoreVmaWrite?: boolean }): void {
  const rss = new Map<number, number>();
  let tables = 0;
  const visit = (node: number, level: number, base: number): void => {
    tables++;
    if (r.nodes.has(node)) r.broken.push({ invariant: 'layout', what: `page table ${node} is used twice` });
    r.nodes.add(node);
    for (let i = 0; i < w.tables.fanout; i++) {
      const entry = w.tables.a[node * w.tables.fanout + i];
      if (entry === 0) continue;
      const vpn = base + i * w.tables.span(level);
      if (level > 0 && isTable(entry)) visit(pfnOf(entry), level - 1, vpn);
      else countLeaf(w, mm, level, vpn, entry, r, rss, options);
    }
  };
  if (w.mms.get(mm, MM.PGD) >= 0) visit(w.mms.get(mm, MM.PGD), w.tables.top, 0);
  expect(r, 'layout', w.mms.get(mm, MM.NR_TABLES), tables, `mm ${mm}: page tables`);
  for (const field of [MM.RSS_ANON, MM.RSS_FILE, MM.RSS_SHMEM, MM.RSS_SWAP]) {
    expect(r, 'I1', w.mms.get(mm, field), rss.get(field) ?? 0, `mm ${mm}: rss counter ${field - MM.RSS_ANON}`);
  }
}

function countLeaf(
  w: World,
  mm: number,
  level: number,
  vpn: number,
  entry: number,
  r: Recount,
  rss: Map<number, number>,
  options: { readonly ignoreVmaWrite?: boolean },
): void {
  const vma = vmaOf(w, mm, vpn);
  if (vma < 0) {
    r.broken.push({ invariant: 'layout', what: `mm ${mm}: an entry at page ${vpn.toString(16)} lies in no vma` });
    return;
  }
  if (isSwap(entry)) {
    bump(r.swap, swapSlotOf(entry));
    bump(rss, MM.RSS_SWAP);
    if (isSwapExclusive(entry) && w.swaps.get(swapSlotOf(entry), SWAP.COUNT) !== 1) {
      r.broken.push({ invariant: 'I2',
        what: `mm ${mm}: page ${vpn.toString(16)} has an exclusive swap entry that others hold too` });
    }
    return;
  }
  if (isMarker(entry)) return;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  if (isPresent(entry) && isWritable(entry) && (flags & VM_WRITE) === 0 && options.ignoreVmaWrite !== true) {
    r.broken.push({ invariant: 'H9', what: `mm ${mm}: page ${vpn.toString(16)} is writable, its mapping is not` });
  }
  if (isSpecial(entry)) return;
  const pfn = pfnOf(entry);
  const pages = w.tables.span(level);
  const counter = w.pages.has(pfn, PG_ANON) ? MM.RSS_ANON : w.pages.has(pfn, PG_SHMEM) ? MM.RSS_SHMEM : MM.RSS_FILE;
  if ((flags & VM_HUGETLB) === 0) bump(rss, counter, pages);
  if (w.pages.isLarge(pfn)) bump(r.folioRefs, w.pages.folioOf(pfn));
  if (isHuge(entry)) bump(r.entire, w.pages.folioOf(pfn));
  else {
    r.maps[pfn]++;
    if (!w.pages.isLarge(pfn)) r.refs[pfn]++;
  }
}

function countHolders(w: World, r: Recount): void {
  const hold = (pfn: number, refs: number, pins: number): void => {
    if (!w.pages.isLarge(pfn)) r.refs[pfn] += refs + pins * GUP_PIN_COUNTING_BIAS;
    else {
      bump(r.folioRefs, w.pages.folioOf(pfn), refs + pins);
      bump(r.folioPins, w.pages.folioOf(pfn), pins);
    }
  };
  for (let pin = 0; pin < w.pins.count; pin++) {
    if (!w.pins.isLive(pin)) continue;
    const pins = (w.pins.get(pin, PIN.FLAGS) & FOLL_PIN) !== 0 ? 1 : 0;
    for (let i = 0; i < w.pins.get(pin, PIN.NR); i++) {
      const pfn = w.heap.a[w.pins.get(pin, PIN.PFNS) + i] - 1;
      if (pfn >= 0) hold(pfn, 1 - pins, pins);
    }
  }
  for (let pfn = 0; pfn < w.pages.count; pfn++) {
    if (w.pages.has(pfn, PG_CACHE)) hold(pfn, 1, 0);
    if (w.pages.has(pfn, PG_SWAPCACHE)) hold(pfn, 1, 0);
  }
  for (let file = 0; file < w.files.count; file++) {
    if (!w.files.isLive(file)) continue;
    visitCache(w, w.files.get(file, FILE.ROOT), w.tables.top, r);
    if (w.files.get(file, FILE.DAX_HEAD) > 0) hold(w.files.get(file, FILE.DAX_HEAD) - 1, 1, 0);
  }
}

function visitCache(w: World, node: number, level: number, r: Recount): void {
  if (node < 0) return;
  r.nodes.add(node);
  for (let i = 0; i < w.tables.fanout; i++) {
    const entry = w.tables.a[node * w.tables.fanout + i];
    if (level === 0 && isSwap(entry)) bump(r.swap, swapSlotOf(entry));
    if (level > 0 && entry !== 0) visitCache(w, pfnOf(entry), level - 1, r);
  }
}

function comparePages(w: World, r: Recount): void {
  for (let pfn = 0; pfn < w.pages.count; pfn++) {
    if (pfn === ZERO_PFN || !w.pages.has(pfn, PG_LIVE)) continue;
    expect(r, 'I1', w.pages.mapcount(pfn), r.maps[pfn], `page ${pfn}: mapcount`);
    if (!w.pages.isLarge(pfn)) expect(r, 'I1', w.pages.refcount(pfn), r.refs[pfn], `page ${pfn}: refcount`);
  }
}

function compareFolios(w: World, r: Recount): void {
  const { records } = w.pages.folios;
  for (let folio = 1; folio < records.count; folio++) {
    if (!records.isLive(folio)) continue;
    const head = records.get(folio, FOLIO.HEAD);
    const nr = records.get(folio, FOLIO.NR);
    let ptes = 0;
    for (let i = head; i < head + nr; i++) ptes += r.maps[i];
    checkFolioFrames(w, folio, head, nr, r);
    const entire = r.entire.get(folio) ?? 0;
    expect(r, 'I1', records.get(folio, FOLIO.REFS), r.folioRefs.get(folio) ?? 0, `folio ${folio}: refcount`);
    expect(r, 'I1', records.get(folio, FOLIO.PINCOUNT), r.folioPins.get(folio) ?? 0, `folio ${folio}: pincount`);
    expect(r, 'I1', records.get(folio, FOLIO.ENTIRE_MAPCOUNT), entire, `folio ${folio}: PMD mapcount`);
    expect(r, 'I1', records.get(folio, FOLIO.LARGE_MAPCOUNT), ptes + entire, `folio ${folio}: large mapcount`);
  }
}

/** A folio is frames that follow each other, and all of them say so; of memory 2^order, the first a multiple of that. */
function checkFolioFrames(w: World, folio: number, head: number, nr: number, r: Recount): void {
  if (w.pages.has(head, PG_ANON) && ((nr & (nr - 1)) !== 0 || head % nr !== 0))
    r.broken.push({ invariant: 'layout', what: `folio ${folio} has ${nr} pages from ${head} on` });
  for (let pfn = head; pfn < head + nr; pfn++) {
    if (!w.pages.isLarge(pfn) || w.pages.folioOf(pfn) !== folio)
      r.broken.push({ invariant: 'layout', what: `page ${pfn} is not of folio ${folio}, whose pages it stands among` });
  }
}

function countUsed(w: World): number {
  let used = 0;
  for (let pfn = 0; pfn < w.pages.count; pfn++) if (pfn !== ZERO_PFN && w.pages.has(pfn, PG_LIVE)) used++;
  return used;
}

/** Empty entries of mappings with a promise, less the pages that are owed to one and still held by others. */
function countPromises(w: World): number {
  let promised = 0;
  for (let vma = 0; vma < w.vmas.count; vma++) {
    if (!w.vmas.isLive(vma) || (w.vmas.get(vma, VMA.FLAGS) & VM_RESERVED) === 0) continue;
    const root = w.mms.get(w.vmas.get(vma, VMA.MM), MM.PGD);
    for (let vpn = w.vmas.get(vma, VMA.START); vpn < w.vmas.get(vma, VMA.END); vpn += w.tables.fanout) {
      const slot = w.tables.slot(root, 1, vpn);
      if (slot < 0 || w.tables.a[slot] === 0) promised++;
    }
  }
  const { records } = w.pages.folios;
  for (let folio = 1; folio < records.count; folio++) {
    if (records.isLive(folio) && records.get(folio, FOLIO.HUGETLB) === HUGETLB_RESTORE) promised--;
  }
  return promised;
}

/** I2 and I3, for kernels with PG_anon_exclusive. */
function checkExclusive(w: World, r: Recount): void {
  for (let mm = 0; mm < w.mms.count; mm++) {
    if (!w.mms.isLive(mm)) continue;
    for (let i = 0; i < w.mms.get(mm, MM.MAP_COUNT); i++) {
      const vma = w.heap.a[w.mms.get(mm, MM.VMAS) + i];
      if (isCowMapping(w.vmas.get(vma, VMA.FLAGS))) checkExclusiveVma(w, mm, vma, r);
    }
  }
  for (let pfn = 1; pfn < w.pages.count; pfn++) {
    const alone = w.pages.isLarge(pfn) || w.pages.mapcount(pfn) <= 1;
    if (w.pages.has(pfn, PG_EXCLUSIVE) && !alone)
      r.broken.push({ invariant: 'I2',
        what: `page ${pfn} is marked exclusive and mapped ${w.pages.mapcount(pfn)} times` });
  }
}

function checkExclusiveVma(w: World, mm: number, vma: number, r: Recount): void {
  const root = w.mms.get(mm, MM.PGD);
  for (let vpn = w.vmas.get(vma, VMA.START); root >= 0 && vpn < w.vmas.get(vma, VMA.END);) {
    const level = w.tables.levelOf(root, vpn);
    if (level > w.tables.top) return;
    const entry = w.tables.a[w.tables.slot(root, level, vpn)];
    const leaf = level === 0 ? isPresent(entry) : isHuge(entry);
    if (leaf && isWritable(entry) && !isSpecial(entry) && w.pages.has(pfnOf(entry), PG_ANON)
      && !w.pages.has(pfnOf(entry), PG_EXCLUSIVE))
    {
      r.broken.push({ invariant: 'I2', what: `mm ${mm}: page ${vpn.toString(16)} is writable and not exclusive` });
    }
    vpn = level === 0 ? vpn + 1 : w.tables.spanEnd(level, vpn, w.vmas.get(vma, VMA.END));
  }
}
