/** The end of an mm. @kernel mm/mmap.c exit_mmap() */

import type { Kernel } from '../kernel.ts';
import { MM } from '../tables/fields.ts';
import { NO_VMA, vmaAtIndex } from '../vma/list.ts';
import { zapVma } from '../page/hugetlb.ts';

export function exitMm(k: Kernel, mm: number): void {
  const w = k.world;
  for (let vma = vmaAtIndex(w, mm, 0); vma !== NO_VMA; vma = vmaAtIndex(w, mm, 0)) {
    zapVma(k, mm, vma);
    k.emit({ type: 'VmaUnmapped', mm, vma });
  }
  k.emit({ type: 'MmDestroyed', mm });
}

/** Drop one user of `mm`; the last one takes it away. @kernel kernel/fork.c mmput() */
export function mmput(k: Kernel, mm: number): void {
  if (k.world.mms.get(mm, MM.USERS) === 0) exitMm(k, mm);
}
