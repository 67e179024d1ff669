/** The atomic steps of fork() and fast GUP, one fact each: what an interleaved or traced run changes at a time. */

import { assertNever, type StepEvent } from '../events.ts';
import { FOLL_PIN, MM, PIN, SWAP, VMA } from '../tables/fields.ts';
import { PG_CHARGED, PG_DIRTY, PG_EXCLUSIVE, PG_LIVE, PG_LRU, PG_NEW_ANON, MAPCOUNT_ONE } from '../tables/pages.ts';
import { makePte, makeSwapPte, PTE_DIRTY, PTE_PRESENT, PTE_WRITE, PTE_YOUNG } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { leafSlot, mapPte, readPte, rssField, unmapPte, writePte } from '../page/mapping.ts';
import { vmaAtIndex } from '../vma/list.ts';
import { fillChild } from './evolve-fork.ts';

export function evolveStep(w: World, e: StepEvent): void {
  switch (e.type) {
    case 'PteWrprotected':
      writePte(w, e.mm, e.vpn, readPte(w, e.mm, e.vpn) & ~PTE_WRITE);
      return;
    case 'PteRestored':
      writePte(w, e.mm, e.vpn, e.pte);
      return;
    case 'PageDuped':
      if (e.exclusiveCleared) w.pages.clearFlag(e.pfn, PG_EXCLUSIVE);
      w.pages.map1(e.pfn, e.mm);
      w.mms.add(e.mm, rssField(w.pages.meta[e.pfn]), 1);
      return;
    case 'ChildPteSet':
      writePte(w, e.mm, e.vpn, e.pte);
      return;
    case 'PagePreallocated':
      w.pages.take(e.pfn, 1, PG_LIVE | PG_CHARGED, 0, 1, 0);
      return;
    case 'PreallocFreed':
      w.pages.put(e.pfn);
      return;
    case 'PageCopyMade':
      w.pages.take(e.pfn, 1, PG_LIVE | PG_CHARGED, 0, 1, w.pages.stamp[e.from]);
      return;
    case 'PageCopyMapped': {
      w.pages.meta[e.pfn] = PG_NEW_ANON | (e.exclusive ? PG_EXCLUSIVE : 0);
      w.pages.extra[e.pfn] = 0;
      const slot = leafSlot(w, e.mm, e.vpn);
      unmapPte(w, e.mm, slot);
      mapPte(w, e.mm, slot, makePte(e.pfn, PTE_PRESENT | PTE_YOUNG | (e.write ? PTE_DIRTY | PTE_WRITE : 0)));
      return;
    }
    case 'PreallocCopied': {
      // The reference that the preallocation held becomes the mapping's.
      const flags = (e.lru ? PG_NEW_ANON : PG_NEW_ANON & ~PG_LRU) | (e.exclusive ? PG_EXCLUSIVE : 0);
      w.pages.meta[e.pfn] = flags | MAPCOUNT_ONE;
      w.pages.extra[e.pfn] = 0;
      fillChild(w, e, false);
      return;
    }
    case 'PageGrabbed':
      if ((e.flags & FOLL_PIN) !== 0) w.pages.pin(e.pfn);
      else w.pages.get(e.pfn);
      return;
    case 'PageUngrabbed':
      if ((e.flags & FOLL_PIN) !== 0) w.pages.unpin(e.pfn);
      else w.pages.put(e.pfn);
      return;
    case 'PinNoted':
      w.heap.a[w.pins.get(e.pin, PIN.PFNS) + e.index] = e.pfn + 1;
      return;
    case 'PteCleared':
      writePte(w, e.mm, e.vpn, 0);
      return;
    case 'ExclusiveCleared':
      w.pages.clearFlag(e.pfn, PG_EXCLUSIVE);
      return;
    case 'SwapPteSet':
      writePte(w, e.mm, e.vpn, makeSwapPte(e.slot, e.exclusive));
      w.pages.clearFlag(e.pfn, PG_DIRTY);
      w.swaps.add(e.slot, SWAP.COUNT, 1);
      w.swaps.set(e.slot, SWAP.STAMP, w.pages.stamp[e.pfn]);
      w.mms.add(e.mm, MM.RSS_ANON, -1);
      w.mms.add(e.mm, MM.RSS_SWAP, 1);
      w.pages.unmap1(e.pfn, e.mm);
      return;
    case 'LockTaken':
    case 'LockDropped':
      w.mms.add(e.mm, e.lock === 'ptl' ? MM.PTL : MM.MMAP_LOCK, e.by);
      return;
    case 'VmaReadLocked':
      w.vmas.add(e.vma, VMA.LOCK, 1);
      return;
    case 'VmaReadUnlocked':
      w.vmas.add(e.vma, VMA.LOCK, -1);
      return;
    case 'VmaWriteLocked':
      w.vmas.set(e.vma, VMA.LOCK, -1);
      return;
    case 'VmaWritesUnlocked':
      for (let i = 0; i < w.mms.get(e.mm, MM.MAP_COUNT); i++) {
        const vma = vmaAtIndex(w, e.mm, i);
        if (w.vmas.get(vma, VMA.LOCK) < 0) w.vmas.set(vma, VMA.LOCK, 0);
      }
      return;
    case 'TlbFlushed':
      w.mms.add(e.mm, MM.TLB_GEN, 1);
      return;
    case 'StoredByTlb':
      // The entry that the CPU has is dirty already: nothing but the byte changes.
      w.pages.stamp[e.pfn] = e.value;
      return;
    default:
      assertNever(e);
  }
}
