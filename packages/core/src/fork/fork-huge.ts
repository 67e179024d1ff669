/** fork() of entries above PTE level: a THP's PMD, a device-DAX PUD, a hugetlb page. */

import type { Kernel } from '../kernel.ts';
import { PG_EXCLUSIVE } from '../tables/pages.ts';
import { isSpecial, isWritable, pfnOf } from '../tables/pte.ts';
import { allocateHugetlb } from '../page/allocate.ts';
import { ensureTables } from '../page/tables.ts';
import { earlyCopy, type ForkFrame } from './frame.ts';

/** Each returns null when fork() goes on, else what there was no memory for. */
type Failure = string | null;

/**
 * The pin is looked for *before* the PMD is write-protected, in the posted series and as merged: without the seqcount a
 * fast GUP can slip between. A split leaves the entries to the PTE path, which sees every sub-page as pinned.
 * @kernel mm/huge_memory.c copy_huge_pmd()
 */
export function forkHugePmd(k: Kernel, f: ForkFrame, pmd: number): Failure {
  const vpn = startOf(k, f, 1);
  const head = pfnOf(pmd);
  if (!isSpecial(pmd) && look(k, f, vpn, pmd) && k.policy.onForkHugePmd(k.page) === 'split') {
    k.emit({ type: 'PmdSplit', mm: f.from, vpn });
    return null;
  }
  // The PMD level entry, plus the page table that the kernel deposits for a later split.
  if (!ensureTables(k, f.to, vpn, 1) || !k.allocates('page-table')) return 'no memory for a page table';
  const exclusiveCleared = k.policy.traits.anonExclusive && !isSpecial(pmd) && k.world.pages.has(head, PG_EXCLUSIVE);
  k.emit({ type: 'HugePmdShared', from: f.from, to: f.to, vpn, wrprotect: true, exclusiveCleared });
  f.addr = vpn + k.world.tables.span(1);
  return null;
}

/** A huge PUD maps a device's pages; splitting one just clears it, to be faulted in again. @kernel mm/huge_memory.c copy_huge_pud() */
export function forkHugePud(k: Kernel, f: ForkFrame, pud: number): Failure {
  const vpn = startOf(k, f, 2);
  if (look(k, f, vpn, pud) && k.policy.onForkHugePud(k.page) === 'split') {
    k.emit({ type: 'PudCleared', mm: f.from, vpn });
    return null;
  }
  if (!ensureTables(k, f.to, vpn, 2)) return 'no memory for a page table';
  k.emit({ type: 'HugePudShared', from: f.from, to: f.to, vpn, wrprotect: true });
  f.addr = vpn + k.world.tables.span(2);
  return null;
}

/** @kernel mm/hugetlb.c copy_hugetlb_page_range() */
export function forkHugetlb(k: Kernel, f: ForkFrame, pmd: number): Failure {
  const vpn = startOf(k, f, 1);
  if (!ensureTables(k, f.to, vpn, 1)) return 'no memory for a page table';
  const { anonExclusive, hugetlbCopyIgnoresVma } = k.policy.traits;
  if (look(k, f, vpn, pmd) && k.policy.onForkHugetlb(k.page) === 'copy') {
    const page = allocateHugetlb(k, false);
    if (page === null) return 'the hugetlb pool has no page left for the early copy of a pinned one';
    const { write, none } = earlyCopy(k, f);
    k.emit({ type: 'HugePageCopied', from: f.from, to: f.to, vpn, ...page, write: write || hugetlbCopyIgnoresVma, none, exclusive: anonExclusive });
  } else {
    const exclusiveCleared = anonExclusive && k.world.pages.has(pfnOf(pmd), PG_EXCLUSIVE);
    k.emit({ type: 'HugePmdShared', from: f.from, to: f.to, vpn, wrprotect: f.cow, exclusiveCleared });
  }
  f.addr = vpn + k.world.tables.span(1);
  return null;
}

/** Turn the view to the folio; false when the policy need not be asked. */
function look(k: Kernel, f: ForkFrame, vpn: number, entry: number): boolean {
  if (!f.cow || !f.looks) return false;
  const head = pfnOf(entry);
  k.page.at(vpn, head, isWritable(entry), k.world.pages.maybeDmaPinned(head));
  return true;
}

function startOf(k: Kernel, f: ForkFrame, level: number): number {
  const span = k.world.tables.span(level);
  return Math.floor(f.addr / span) * span;
}
