/**
 * Runs of present entries that meet the same fate at fork(), handled at once: an optimisation of the stepped path,
 * held equal to it (same log, same world) by a property test. Nothing is allocated per page.
 */

import type { Kernel } from '../kernel.ts';
import { isCowMapping, VM_SHARED, VMA } from '../tables/fields.ts';
import { GUP_PIN_COUNTING_BIAS, MAPCOUNT_SHIFT, PG_LARGE } from '../tables/pages.ts';
import { PFN_SHIFT, PTE_PRESENT, PTE_SPECIAL, PTE_WRITE } from '../tables/pte.ts';
import { earlyCopy, type ForkFrame } from './frame.ts';

/**
 * Handle a run that starts at `f.addr`, whose PTE is at `slot`. Returns its length, 0 to leave the page to the steps.
 */
export function forkRun(k: Kernel, f: ForkFrame, slot: number): number {
  const { tables } = k.world;
  const most = tables.spanEnd(1, f.addr, f.end) - f.addr;
  const asks = f.cow && f.looks;
  const alike = alikeRun(k, slot, most, asks);
  if (!asks) {
    if (f.cow && f.addr === k.world.vmas.get(f.src, VMA.START)) checkUnseen(k, f, slot);
    const nr = alike === most ? most : presentRun(tables.a, slot + alike, slot + most) - slot;
    return share(k, f, nr, nr === alike && nr > 1);
  }
  const known = f.addr >= f.knownAt && f.addr < f.knownUntil;
  const first = known && f.known !== 'split' ? f.known : ask(k, f, 0, slot);
  // A verdict holds for all pages in the same state, unless the policy asked which page it was.
  const toldOf = known ? Math.min(most, f.knownUntil - f.addr) : k.page.askedWhich ? 1 : alike;
  if (!known) remember(k, f, 0, toldOf, slot, first);
  const pfn = first === 'copy' ? k.memory.lowest() : -1;
  // Out of memory is the steps' business: they fail as the kernel does.
  if (first === 'copy' && pfn < 0) return 0;
  // Nobody is asked about a page that there is no frame for in this run.
  const reach = first === 'copy' ? k.memory.runFrom(pfn, most) : most;
  let nr = Math.min(toldOf, reach);
  for (; nr < reach; nr++) {
    if ((tables.a[slot + nr] & PTE_PRESENT) === 0) break;
    const verdict = ask(k, f, nr, slot);
    if (verdict === first) continue;
    remember(k, f, nr, nr + 1, slot, verdict);
    break;
  }
  const uniform = nr > 1 && nr <= alike;
  if (first === 'share') return share(k, f, nr, uniform);
  k.emit({ type: 'PagesCopied', from: f.from, to: f.to, vpn: f.addr, nr, pfn, ...earlyCopy(k, f) }, uniform);
  return nr;
}

/** Pages that follow each other and are in the same state, from the first on: nearly always the whole table. */
function alikeRun(k: Kernel, slot: number, most: number, refsToo: boolean): number {
  const pte = k.world.tables.a[slot];
  if ((pte & PTE_SPECIAL) !== 0 || (k.world.pages.meta[pte >>> PFN_SHIFT] & PG_LARGE) !== 0) return 1;
  return k.world.runs.alike(slot, most, refsToo);
}

function presentRun(a: Int32Array, from: number, to: number): number {
  const present = PTE_PRESENT;
  let i = from;
  while (i < to && (a[i] & present) !== 0) i++;
  return i;
}

/**
 * What becomes of page `i` of the run. The counters are read here because a view that reads them costs twice as much.
 */
function ask(k: Kernel, f: ForkFrame, i: number, slot: number): 'share' | 'copy' {
  const pte = k.world.tables.a[slot + i];
  if ((pte & PTE_SPECIAL) !== 0) return 'share';
  const { pages } = k.world;
  const pfn = pte >>> PFN_SHIFT;
  const meta = pages.meta[pfn];
  const maybePinned = (meta & PG_LARGE) !== 0
    ? pages.maybeDmaPinned(pfn)
    : (meta >> MAPCOUNT_SHIFT) + pages.extra[pfn] >= GUP_PIN_COUNTING_BIAS;
  return k.policy.onForkPage(k.page.at(f.addr + i, pfn, (pte & PTE_WRITE) !== 0, maybePinned));
}

/** That the policy does not want to look is believed after one look in each VMA, at its first page. */
function checkUnseen(k: Kernel, f: ForkFrame, slot: number): void {
  const pte = k.world.tables.a[slot];
  if ((pte & PTE_SPECIAL) !== 0) return;
  const pfn = pte >>> PFN_SHIFT;
  k.policy.checkUnseen(k.page.at(f.addr, pfn, (pte & PTE_WRITE) !== 0, k.world.pages.maybeDmaPinned(pfn)));
}

/** Pages `i` to before `end` of this run have been asked about; whoever comes to them next need not ask again. */
function remember(k: Kernel, f: ForkFrame, i: number, end: number, slot: number, verdict: 'share' | 'copy'): void {
  f.knownAt = f.addr + i;
  f.knownUntil = f.addr + end;
  f.known = verdict;
  const pte = k.world.tables.a[slot + i];
  f.knownPinned = (pte & PTE_SPECIAL) === 0 && k.world.pages.maybeDmaPinned(pte >>> PFN_SHIFT);
}

function share(k: Kernel, f: ForkFrame, nr: number, uniform: boolean): number {
  const flags = k.world.vmas.get(f.src, VMA.FLAGS);
  k.emit({ type: 'PtesShared', from: f.from, to: f.to, vpn: f.addr, nr, wrprotect: isCowMapping(flags),
    clean: (flags & VM_SHARED) !== 0, exclusiveCleared: k.policy.traits.anonExclusive }, uniform);
  return nr;
}
