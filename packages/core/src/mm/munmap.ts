/** @kernel mm/vma.c do_vmi_munmap() */

import type { CommandOf } from '../commands.ts';
import { done, type Errno, refuse, type Result } from '../errno.ts';
import { PAGE_SIZE } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { TASK, VMA } from '../tables/fields.ts';
import { zapVma } from '../page/hugetlb.ts';
import { NO_VMA, vmaAtIndex, vmaIndexFrom } from '../vma/list.ts';
import { splitVma } from '../vma/split.ts';
import { isAligned, pageUp, taskSize } from './range.ts';

export function munmap(k: Kernel, c: CommandOf<'Munmap'>): Result {
  const limit = taskSize(k.world);
  if (!isAligned(c.addr) || c.addr > limit || c.length > limit - c.addr || pageUp(c.length) === 0) {
    return refuse('EINVAL', 'munmap: unaligned address, empty length or a range past the end of the address space');
  }
  const start = c.addr / PAGE_SIZE;
  const errno = unmapRange(k, k.world.tasks.get(c.task, TASK.MM), start, start + pageUp(c.length));
  return errno === null ? done() : refuse(errno, 'munmap: the split of a mapping at the edge of the range');
}

/** Take [start, end) out of `mm`: VMAs, entries, and the page tables nobody needs any more. Pages only. */
export function unmapRange(k: Kernel, mm: number, start: number, end: number): Errno | null {
  const w = k.world;
  for (const edge of [start, end]) {
    const vma = vmaAtIndex(w, mm, vmaIndexFrom(w, mm, edge));
    if (vma === NO_VMA || w.vmas.get(vma, VMA.START) >= edge) continue;
    const errno = splitVma(k, mm, vma, edge);
    if (errno !== null) return errno === 'EAGAIN' ? 'ENOMEM' : errno;
  }
  const index = vmaIndexFrom(w, mm, start);
  let unmapped = false;
  for (let vma = vmaAtIndex(w, mm, index); vma !== NO_VMA && w.vmas.get(vma, VMA.START) < end;
    vma = vmaAtIndex(w, mm, index))
  {
    zapVma(k, mm, vma);
    k.emit({ type: 'VmaUnmapped', mm, vma });
    unmapped = true;
  }
  if (unmapped) freePageTables(k, mm, index);
  return null;
}

function freePageTables(k: Kernel, mm: number, index: number): void {
  const w = k.world;
  const before = vmaAtIndex(w, mm, index - 1);
  const after = vmaAtIndex(w, mm, index);
  const floor = before === NO_VMA ? 0 : w.vmas.get(before, VMA.END);
  const ceiling = after === NO_VMA ? w.tables.span(w.tables.top) * w.tables.fanout : w.vmas.get(after, VMA.START);
  k.emit({ type: 'PageTablesFreed', mm, floor, ceiling });
}
