/**
 * Entries of a range taken away, or made small, as the kernel does it: one word after the other, while others look
 * on. The call
 * that asks for it (munmap, madvise, mprotect) finds only what is left of its work.
 *
 * @kernel mm/memory.c zap_pte_range(), tlb_finish_mmu(); mm/huge_memory.c __split_huge_pmd_locked()
 */
import { done, DONE, drop, FOLL_GET, type Frame, frameAt, isHuge, isSpecial, type Kernel, leafEntry, leafLevel, NO_VMA,
  type Path, type Step, take, VM_HUGETLB, VM_LOCKED, VM_PFNMAP, VMA, vmaOf } from '@cowlab/core';

export interface WithdrawFrame extends Frame {
  readonly mm: number;
  readonly start: number;
  readonly end: number;
  /** Entries go; else huge ones at the edges are split, and nothing more. */
  readonly zap: boolean;
  vpn: number;
  /** The entry at hand, which is cleared, and its page. */
  pte: number;
  pfn: number;
  /** Pages without their mapping that are held until no CPU has an old entry. */
  pages: readonly number[];
}

const AT = { Look: 0, LockSplit: 1, Split: 2, UnlockSplit: 3, LockZap: 4, Clear: 5, Drop: 6, UnlockZap: 7, Flush: 8,
  Put: 9 } as const;

export const withdrawFrame = (mm: number, start: number, end: number, zap: boolean): WithdrawFrame => ({ pc: AT.Look,
  result: done(), mm, start, end, zap, vpn: start, pte: 0, pfn: -1, pages: [] });

const steps: Step<WithdrawFrame>[] = [];
steps[AT.Look] = { name: 'walk the range', run: look };
steps[AT.LockSplit] = { name: 'lock ptl', run: (k, f) => take(k, f.mm, 'ptl', AT.Split) };
steps[AT.Split] = { name: 'split: pmd := invalid', run: split };
steps[AT.UnlockSplit] = { name: 'unlock ptl', run: (k, f) => drop(k, f.mm, 'ptl', AT.Look) };
steps[AT.LockZap] = { name: 'lock ptl', run: (k, f) => take(k, f.mm, 'ptl', AT.Clear) };
steps[AT.Clear] = { name: 'clear pte', run: clear };
steps[AT.Drop] = { name: 'mapcount--', run: dropMapping };
steps[AT.UnlockZap] = { name: 'unlock ptl',
  run: (k, f) => drop(k, f.mm, 'ptl', f.pages.length === 0 ? DONE : AT.Flush) };
steps[AT.Flush] = { name: 'flush TLB', run: flush };
steps[AT.Put] = { name: 'ref--', run: put };

export const withdrawPath: Path<WithdrawFrame> = { name: 'withdraw', steps };

function look(k: Kernel, f: WithdrawFrame): number {
  f.vpn = edgeToSplit(k, f);
  if (f.vpn >= 0) return AT.LockSplit;
  f.vpn = nextToZap(k, f, f.start);
  return f.vpn < 0 ? DONE : AT.LockZap;
}

/** First page of a huge PMD that the range has only in part, or -1. */
function edgeToSplit({ world }: Kernel, { mm, start, end }: WithdrawFrame): number {
  const { fanout } = world.tables;
  for (const edge of [start, end]) {
    const first = Math.floor(edge / fanout) * fanout;
    if (first === edge || leafLevel(world, mm, first) !== 1) continue;
    const vma = vmaOf(world, mm, first);
    if (vma !== NO_VMA && (world.vmas.get(vma, VMA.FLAGS) & (VM_HUGETLB | VM_PFNMAP)) === 0) return first;
  }
  return -1;
}

function split(k: Kernel, f: WithdrawFrame): number {
  if (isHuge(leafEntry(k.world, f.mm, f.vpn))) k.emit({ type: 'PmdSplit', mm: f.mm, vpn: f.vpn });
  return AT.UnlockSplit;
}

/** The next small page in the range from `vpn` on whose entry goes, or -1. */
function nextToZap({ world }: Kernel, { mm, end, zap }: WithdrawFrame, from: number): number {
  if (!zap) return -1;
  for (let vpn = from; vpn < end; vpn++) {
    if (leafLevel(world, mm, vpn) !== 0 || isSpecial(leafEntry(world, mm, vpn))) continue;
    const vma = vmaOf(world, mm, vpn);
    if (vma !== NO_VMA && (world.vmas.get(vma, VMA.FLAGS) & (VM_HUGETLB | VM_PFNMAP | VM_LOCKED)) === 0) return vpn;
  }
  return -1;
}

/** Under the lock the range is looked through once more: reclaim may have been there. */
function clear(k: Kernel, f: WithdrawFrame): number {
  f.vpn = nextToZap(k, f, f.start);
  if (f.vpn < 0) return AT.UnlockZap;
  f.pte = leafEntry(k.world, f.mm, f.vpn);
  f.pfn = frameAt(k.world, f.mm, f.vpn);
  k.part({ type: 'PteCleared', mm: f.mm, vpn: f.vpn });
  return AT.Drop;
}

/**
 * The mapping goes, its reference stays. (The fact that drops a mapping takes the entry away with it; nobody sees it
 * come back for that.)
 */
function dropMapping(k: Kernel, f: WithdrawFrame): number {
  const { mm, vpn, pte, pfn } = f;
  if (leafEntry(k.world, mm, vpn) !== 0)
    throw new RangeError(`page ${vpn.toString(16)} is mapped while its table is locked`);
  k.part({ type: 'PageGrabbed', pfn, flags: FOLL_GET });
  k.part({ type: 'PteRestored', mm, vpn, pte });
  k.part({ type: 'PtesZapped', mm, vpn, nr: 1 });
  f.pages = [...f.pages, pfn];
  return nextToZap(k, f, f.start) < 0 ? AT.UnlockZap : AT.Clear;
}

function flush(k: Kernel, f: WithdrawFrame): number {
  k.part({ type: 'TlbFlushed', mm: f.mm });
  return AT.Put;
}

function put(k: Kernel, f: WithdrawFrame): number {
  const [pfn, ...others] = f.pages;
  k.part({ type: 'PageUngrabbed', pfn, flags: FOLL_GET });
  f.pages = others;
  return others.length === 0 ? DONE : AT.Put;
}
