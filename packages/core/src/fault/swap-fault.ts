/** A fault on a swap entry. @kernel mm/memory.c do_swap_page() */

import type { Errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { SWAP, VM_WRITE, VMA } from '../tables/fields.ts';
import { isSwapExclusive, swapSlotOf } from '../tables/pte.ts';
import { allocateFrame } from '../page/allocate.ts';
import type { FaultKind } from './fault-kind.ts';
import { leafEntry } from '../page/lookup.ts';
import { swapCachePage } from '../tables/swap-slots.ts';

export function swapFault(k: Kernel, mm: number, vma: number, vpn: number, kind: FaultKind): Errno | null {
  const w = k.world;
  const entry = leafEntry(w, mm, vpn);
  const slot = swapSlotOf(entry);
  const cached = swapCachePage(w, slot);
  const fresh = cached < 0;
  const pfn = fresh ? allocateFrame(k, 'page') : cached;
  if (pfn < 0) return 'ENOMEM';
  const last = w.swaps.get(slot, SWAP.COUNT) === 1;
  const { anonExclusive, swapInReuse } = k.policy.traits;
  const exclusive = anonExclusive && (isSwapExclusive(entry) || (last && fresh));
  // A write fault maps the page writable at once where nobody else has the entry or maps the page; from 5.18 on also
  // only if nobody refers to it but the swap cache. Otherwise do_wp_page() follows, whose rule may be another one.
  const alone = last
    && (fresh || (swapInReuse === 'mappings' ? w.pages.mapcount(pfn) === 0 : w.pages.refcount(pfn) === 1));
  const write = kind === 'write' && (w.vmas.get(vma, VMA.FLAGS) & VM_WRITE) !== 0 && (alone || exclusive);
  k.emit({ type: 'PageSwappedIn', mm, vpn, slot, pfn, fresh, write, exclusive: exclusive || (write && anonExclusive),
    freeSlot: last });
  return null;
}
