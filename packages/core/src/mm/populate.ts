/** Memory faulted in ahead of its use, because it is locked. @kernel mm/gup.c populate_vma_page_range() */

import type { Errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { VM_SHARED, VM_WRITE, VMA } from '../tables/fields.ts';
import { touch } from '../fault/access.ts';
import { vmaOf } from '../vma/list.ts';

/**
 * Fault in [start, end), which has no hole: writable private pages as if written. Ends at the first page that cannot
 * be had.
 */
export function populate(k: Kernel, mm: number, start: number, end: number): Errno | null {
  const { vmas } = k.world;
  for (let vpn = start; vpn < end; vpn++) {
    const write = (vmas.get(vmaOf(k.world, mm, vpn), VMA.FLAGS) & (VM_WRITE | VM_SHARED)) === VM_WRITE;
    const errno = touch(k, mm, vpn, write);
    if (errno !== null) return errno;
  }
  return null;
}
