/** hugetlb: pages of a pool, promised to private mappings when they are made and taken from it by faults. */

import type { Kernel } from '../kernel.ts';
import { VM_HUGETLB, VM_RESERVED, VMA } from '../tables/fields.ts';
import { pmdSlot } from './mapping.ts';

/** Give back what [start, end) of a mapping was promised and never used: its empty entries. @kernel mm/hugetlb.c hugetlb_vm_op_close() */
export function dropReservation(k: Kernel, vma: number, start: number, end: number): void {
  const w = k.world;
  const flags = w.vmas.get(vma, VMA.FLAGS);
  if ((flags & VM_HUGETLB) === 0 || (flags & VM_RESERVED) === 0) return;
  let unused = 0;
  for (let vpn = start; vpn < end; vpn += w.tables.fanout) {
    const slot = pmdSlot(w, w.vmas.get(vma, VMA.MM), vpn);
    if (slot < 0 || w.tables.a[slot] === 0) unused++;
  }
  if (unused > 0) k.emit({ type: 'HugetlbReserved', nr: -unused });
}

/**
 * MADV_DONTNEED empties entries whose promise was used.
 * @simplifies the reservation map, because kernels differ in whether such a promise comes back: the mapping gives up all
 * that it was promised, and takes what it needs from then on out of what the pool has free.
 */
export function giveUpReservation(k: Kernel, mm: number, vma: number): void {
  const { vmas } = k.world;
  const flags = vmas.get(vma, VMA.FLAGS);
  if ((flags & VM_RESERVED) === 0) return;
  dropReservation(k, vma, vmas.get(vma, VMA.START), vmas.get(vma, VMA.END));
  k.emit({ type: 'VmaFlagsChanged', mm, vma, flags: flags & ~VM_RESERVED });
}
