/** fork() of entries above PTE level: a THP's PMD, a device-DAX PUD, a hugetlb page. */

import type { Kernel } from '../kernel.ts';
import { MM, VM_HUGETLB, VMA } from '../tables/fields.ts';
import { PG_EXCLUSIVE } from '../tables/pages.ts';
import { isHuge, isSpecial, isWritable, pfnOf } from '../tables/pte.ts';
import { allocateHugetlb } from '../page/allocate.ts';
import { ensureTables } from '../page/tables.ts';
import { earlyCopy, type ForkFrame } from './frame.ts';

/** null when fork() goes on, else what there was no memory for. */
type Failure = string | null;

/**
 * Read the entry again and look for pins; the verdict is in `f.known`. False when somebody took the huge entry away.
 * The pin is looked for *before* the entry is write-protected, in the posted series and as merged: without the
 * seqcount a fast GUP can slip between.
 */
export function lookHuge(k: Kernel, f: ForkFrame): boolean {
  const { tables, mms, vmas } = k.world;
  f.level = tables.levelOf(mms.get(f.from, MM.PGD), f.addr);
  f.pte = f.level === 0 || f.level > tables.top ? 0 : tables.a[tables.slot(mms.get(f.from, MM.PGD), f.level, f.addr)];
  if (!isHuge(f.pte)) return false;
  f.known = 'share';
  if (!f.cow || !f.looks || isSpecial(f.pte)) return true;
  const head = pfnOf(f.pte);
  const page = k.page.at(startOf(k, f, f.level), head, isWritable(f.pte), k.world.pages.maybeDmaPinned(head));
  if (f.level === 2) f.known = k.policy.onForkHugePud(page);
  else f.known = (vmas.get(f.src, VMA.FLAGS) & VM_HUGETLB) === 0
      ? k.policy.onForkHugePmd(page)
      : k.policy.onForkHugetlb(page);
  return true;
}

export function actHuge(k: Kernel, f: ForkFrame): Failure {
  if (f.level === 2) return actHugePud(k, f);
  return (k.world.vmas.get(f.src, VMA.FLAGS) & VM_HUGETLB) === 0 ? actHugePmd(k, f) : actHugetlb(k, f);
}

/**
 * A split leaves the entries to the PTE path, which sees every sub-page as pinned.
 * @kernel mm/huge_memory.c copy_huge_pmd()
 */
function actHugePmd(k: Kernel, f: ForkFrame): Failure {
  const vpn = startOf(k, f, 1);
  const head = pfnOf(f.pte);
  if (f.known === 'split') {
    k.emit({ type: 'PmdSplit', mm: f.from, vpn });
    return null;
  }
  // The PMD level entry, plus the page table that the kernel deposits for a later split.
  if (!ensureTables(k, f.to, vpn, 1) || !k.allocates('page-table')) return 'no memory for a page table';
  const exclusiveCleared = k.policy.traits.anonExclusive && !isSpecial(f.pte) && k.world.pages.has(head, PG_EXCLUSIVE);
  k.emit({ type: 'HugePmdShared', from: f.from, to: f.to, vpn, wrprotect: true, exclusiveCleared });
  f.addr = vpn + k.world.tables.span(1);
  return null;
}

/**
 * A huge PUD maps a device's pages; splitting one just clears it, to be faulted in again.
 * @kernel mm/huge_memory.c copy_huge_pud()
 */
function actHugePud(k: Kernel, f: ForkFrame): Failure {
  const vpn = startOf(k, f, 2);
  if (f.known === 'split') {
    k.emit({ type: 'PudCleared', mm: f.from, vpn });
    return null;
  }
  if (!ensureTables(k, f.to, vpn, 2)) return 'no memory for a page table';
  k.emit({ type: 'HugePudShared', from: f.from, to: f.to, vpn, wrprotect: true });
  f.addr = vpn + k.world.tables.span(2);
  return null;
}

/** @kernel mm/hugetlb.c copy_hugetlb_page_range() */
function actHugetlb(k: Kernel, f: ForkFrame): Failure {
  const vpn = startOf(k, f, 1);
  if (!ensureTables(k, f.to, vpn, 1)) return 'no memory for a page table';
  const { anonExclusive, hugetlbCopyIgnoresVma, hugetlbChildWritable } = k.policy.traits;
  if (f.known === 'copy') {
    const page = allocateHugetlb(k, false);
    if (page === null) return 'the hugetlb pool has no page left for the early copy of a pinned one';
    const { write, none } = earlyCopy(k, f);
    k.emit({ type: 'HugePageCopied', from: f.from, to: f.to, vpn, ...page, write: write || hugetlbCopyIgnoresVma, none,
      exclusive: anonExclusive });
  } else {
    const exclusiveCleared = anonExclusive && k.world.pages.has(pfnOf(f.pte), PG_EXCLUSIVE);
    k.emit({ type: 'HugePmdShared', from: f.from, to: f.to, vpn, wrprotect: f.cow, exclusiveCleared });
    // The child's entry is what was read of the parent's before that was write-protected.
    if (hugetlbChildWritable && f.cow && isWritable(f.pte)) {
      k.emit({ type: 'PtesProtected', mm: f.to, vpn, nr: k.world.tables.span(1), write: true, none: false });
    }
  }
  f.addr = vpn + k.world.tables.span(1);
  return null;
}

function startOf(k: Kernel, f: ForkFrame, level: number): number {
  const span = k.world.tables.span(level);
  return Math.floor(f.addr / span) * span;
}
