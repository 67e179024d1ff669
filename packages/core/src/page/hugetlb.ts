/** hugetlb: pages of a pool, promised to private mappings when they are made and taken from it by faults. */

import type { Kernel } from '../kernel.ts';
import { VM_HUGETLB, VM_RESERVED, VMA } from '../tables/fields.ts';
import { pfnOf } from '../tables/pte.ts';
import { pmdSlot } from './mapping.ts';
import { zapRange } from './zap.ts';

/**
 * Zap all of a mapping that is going away, and give back what it was promised and does not use: its empty entries.
 * @kernel mm/hugetlb.c hugetlb_vm_op_close()
 */
export function zapVma(k: Kernel, mm: number, vma: number): void {
  const start = k.world.vmas.get(vma, VMA.START);
  const end = k.world.vmas.get(vma, VMA.END);
  if (!isPromised(k, vma)) {
    zapRange(k, mm, start, end);
    return;
  }
  restorePromises(k, mm, vma, start, end);
  const restores = k.policy.traits.hugetlbRestores;
  const unused = restores ? (end - start) / k.world.tables.fanout : countEmpty(k, mm, start, end);
  zapRange(k, mm, start, end);
  if (unused > 0) k.emit({ type: 'HugetlbReserved', nr: -unused });
}

/**
 * Pages that [start, end) is about to lose are promised to it again, where the kernel does that. A page that others
 * still hold is not free yet, so until then the pool owes more than it knows. @kernel mm/hugetlb.c
 * __unmap_hugepage_range()
 */
export function restorePromises(k: Kernel, mm: number, vma: number, start: number, end: number): void {
  if (!k.policy.traits.hugetlbRestores || !isPromised(k, vma)) return;
  const { tables } = k.world;
  for (let vpn = start; vpn < end; vpn += tables.fanout) {
    const slot = pmdSlot(k.world, mm, vpn);
    if (slot >= 0 && tables.a[slot] !== 0) k.emit({ type: 'HugetlbRestoreMarked', pfn: pfnOf(tables.a[slot]) });
  }
}

/**
 * Where promises are used up for good, MADV_DONTNEED leaves empty entries behind that nothing is promised to.
 * @simplifies the reservation map of such kernels: the mapping gives up all that it was promised, and takes what it
 * needs from then on out of what the pool has free.
 */
export function giveUpReservation(k: Kernel, mm: number, vma: number): void {
  if (k.policy.traits.hugetlbRestores || !isPromised(k, vma)) return;
  const { vmas } = k.world;
  const unused = countEmpty(k, mm, vmas.get(vma, VMA.START), vmas.get(vma, VMA.END));
  if (unused > 0) k.emit({ type: 'HugetlbReserved', nr: -unused });
  k.emit({ type: 'VmaFlagsChanged', mm, vma, flags: vmas.get(vma, VMA.FLAGS) & ~VM_RESERVED });
}

function isPromised(k: Kernel, vma: number): boolean {
  const flags = k.world.vmas.get(vma, VMA.FLAGS);
  return (flags & VM_HUGETLB) !== 0 && (flags & VM_RESERVED) !== 0;
}

function countEmpty(k: Kernel, mm: number, start: number, end: number): number {
  const { tables } = k.world;
  let empty = 0;
  for (let vpn = start; vpn < end; vpn += tables.fanout) {
    const slot = pmdSlot(k.world, mm, vpn);
    if (slot < 0 || tables.a[slot] === 0) empty++;
  }
  return empty;
}
