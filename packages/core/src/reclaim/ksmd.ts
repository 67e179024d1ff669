/**
 * ksmd: passes over all mergeable memory, process after process and address after address. A page that equals one that
 * is merged already joins it; of two others the later one becomes the merged page, and the earlier one joins. What
 * somebody holds beside its mappings stays as it is. The first pass only learns which pages keep their contents.
 *
 * @kernel mm/ksm.c scan_get_next_rmap_item(), cmp_and_merge_page(), try_to_merge_two_pages()
 */

import type { CommandOf } from '../commands.ts';
import { done, type Errno, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { MM, VM_MERGEABLE, VMA } from '../tables/fields.ts';
import { PG_ANON, PG_EXCLUSIVE, PG_KSM } from '../tables/pages.ts';
import { isPresent, isSpecial, isWritable, PTE_DIRTY } from '../tables/pte.ts';
import { frameAt, leafEntry } from '../page/lookup.ts';
import { readPte } from '../page/mapping.ts';
import { handleFault } from '../fault/fault.ts';
import type { World } from '../tables/world.ts';
import { vmaAtIndex, vmaOf } from '../vma/list.ts';
import { splitFolio } from './folio-split.ts';
import { unexplained } from './references.ts';

/** A page as one process maps it. */
interface Place {
  readonly mm: number;
  readonly vpn: number;
}

/** What is known of contents: the page that is merged, and in this pass the place of a page that is not. */
interface Trees {
  readonly stable: Map<number, number>;
  readonly unstable: Map<number, Place>;
}

export function ksmScan(k: Kernel, { passes }: CommandOf<'KsmScan'>): Result {
  for (let pass = 0; pass < passes; pass++) {
    const trees: Trees = { stable: mergedPages(k.world), unstable: new Map() };
    for (const mm of mergingMms(k.world)) scanMm(k, mm, trees, pass > 0);
  }
  return done();
}

/**
 * The mm joins those that are gone through, behind the others: with its first mergeable mapping, or with its parent's.
 * @kernel mm/ksm.c __ksm_enter()
 */
export function enterKsm(k: Kernel, mm: number): void {
  const { mms } = k.world;
  if (mms.get(mm, MM.KSM) !== 0) return;
  let last = 0;
  for (let other = 0; other < mms.count; other++) if (mms.isLive(other)) last = Math.max(last, mms.get(other, MM.KSM));
  k.emit({ type: 'KsmEntered', mm, order: last + 1 });
}

/** Every merged page of the range is copied for this process. @kernel mm/ksm.c unmerge_ksm_pages() */
export function unmerge(k: Kernel, mm: number, vma: number, start: number, end: number): Errno | null {
  for (let vpn = start; vpn < end; vpn++) {
    const pfn = anonAt(k.world, mm, vpn);
    if (pfn < 0 || !k.world.pages.has(pfn, PG_KSM)) continue;
    const errno = handleFault(k, mm, vma, vpn, 'break-cow');
    if (errno !== null) return errno;
  }
  return null;
}

function mergingMms({ mms }: World): number[] {
  const found: number[] = [];
  for (let mm = 0; mm < mms.count; mm++) if (mms.isLive(mm) && mms.get(mm, MM.KSM) !== 0) found.push(mm);
  return found.sort((a, b) => mms.get(a, MM.KSM) - mms.get(b, MM.KSM));
}

function mergedPages({ pages }: World): Map<number, number> {
  const merged = new Map<number, number>();
  for (let pfn = 0; pfn < pages.count; pfn++) if (pages.has(pfn, PG_KSM)) merged.set(pages.stamp[pfn], pfn);
  return merged;
}

function scanMm(k: Kernel, mm: number, trees: Trees, knows: boolean): void {
  const { mms, vmas } = k.world;
  let any = false;
  for (let index = 0; index < mms.get(mm, MM.MAP_COUNT); index++) {
    const vma = vmaAtIndex(k.world, mm, index);
    if ((vmas.get(vma, VMA.FLAGS) & VM_MERGEABLE) === 0) continue;
    any = true;
    if (vmas.get(vma, VMA.ANON_VMA) === 0) continue;
    for (let vpn = vmas.get(vma, VMA.START); vpn < vmas.get(vma, VMA.END); vpn++)
      scanPage(k, { mm, vpn }, trees, knows);
  }
  if (!any) k.emit({ type: 'KsmEntered', mm, order: 0 });
}

function scanPage(k: Kernel, place: Place, { stable, unstable }: Trees, knows: boolean): void {
  const { pages } = k.world;
  const page = anonAt(k.world, place.mm, place.vpn);
  if (page < 0 || pages.has(page, PG_KSM)) return;
  const stamp = pages.stamp[page];
  const merged = stable.get(stamp) ?? -1;
  if (merged >= 0 && pages.has(merged, PG_KSM)) {
    joins(k, place, page, merged);
    return;
  }
  if (!knows) return;
  const other = unstable.get(stamp);
  if (other === undefined) {
    unstable.set(stamp, place);
    return;
  }
  const twin = anonAt(k.world, other.mm, other.vpn);
  // What fork() shares is one page already.
  if (twin < 0 || twin === page) return;
  if (pages.isLarge(page) && pages.isLarge(twin) && pages.folioOf(page) === pages.folioOf(twin)) {
    splitFolio(k, page);
    return;
  }
  if (!becomes(k, place, page)) return;
  if (joins(k, other, twin, page)) {
    unstable.delete(stamp);
    stable.set(stamp, page);
    return;
  }
  const nrOthers = pages.mapcount(page) - 1;
  unmerge(k, place.mm, vmaOf(k.world, place.mm, place.vpn), place.vpn, place.vpn + 1);
  if (nrOthers > 0) k.emit({ type: 'KsmPageLeft', pfn: page });
}

/** The page is merged from now on, read-only for this process. @kernel mm/ksm.c try_to_merge_one_page() */
function becomes(k: Kernel, { mm, vpn }: Place, page: number): boolean {
  if (!isSmall(k, page) || frameAt(k.world, mm, vpn) !== page || isHeld(k.world, mm, vpn, page)) return false;
  k.emit({ type: 'KsmPageMade', mm, vpn });
  return true;
}

/** The process maps `merged` in place of its page. @kernel mm/ksm.c replace_page() */
function joins(k: Kernel, { mm, vpn }: Place, page: number, merged: number): boolean {
  if (!isSmall(k, page) || anonAt(k.world, mm, vpn) !== page || isHeld(k.world, mm, vpn, page)) return false;
  k.emit({ type: 'KsmPageShared', mm, vpn, pfn: merged });
  return true;
}

const isSmall = (k: Kernel, page: number): boolean => !k.world.pages.isLarge(page) || splitFolio(k, page);

/** Who looks for references does it while it takes write access away: from an entry that has none, it takes none. */
function isHeld(w: World, mm: number, vpn: number, page: number): boolean {
  const pte = readPte(w, mm, vpn);
  const isTouched = isWritable(pte) || (pte & PTE_DIRTY) !== 0 || w.pages.has(page, PG_EXCLUSIVE);
  return isTouched && unexplained(w, page) !== 0;
}

/** The anonymous page at `vpn`, or -1; of a large folio the page itself. */
function anonAt(w: World, mm: number, vpn: number): number {
  const entry = leafEntry(w, mm, vpn);
  if (!isPresent(entry) || isSpecial(entry)) return -1;
  const pfn = frameAt(w, mm, vpn);
  return w.pages.has(pfn, PG_ANON) ? pfn : -1;
}
