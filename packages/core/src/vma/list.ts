/** The VMAs of an mm in address order: a sorted list of ids in the world's heap, searched by halves. */

import { MM, VMA } from '../tables/fields.ts';
import { Heap } from '../tables/heap.ts';
import type { World } from '../tables/world.ts';

export const NO_VMA = -1;

/** Position of the first VMA that ends after `vpn`; `map_count` when there is none. @kernel mm/mmap.c find_vma() */
export function vmaIndexFrom(w: World, mm: number, vpn: number): number {
  const list = w.mms.get(mm, MM.VMAS);
  let low = 0;
  let high = w.mms.get(mm, MM.MAP_COUNT);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (w.vmas.get(w.heap.a[list + middle], VMA.END) > vpn) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function vmaAtIndex(w: World, mm: number, index: number): number {
  return index < 0 || index >= w.mms.get(mm, MM.MAP_COUNT) ? NO_VMA : w.heap.a[w.mms.get(mm, MM.VMAS) + index];
}

/** First VMA that ends after `vpn`, whether or not it holds `vpn`. */
export function findVma(w: World, mm: number, vpn: number): number {
  return vmaAtIndex(w, mm, vmaIndexFrom(w, mm, vpn));
}

/** The VMA that holds `vpn`, or NO_VMA. */
export function vmaOf(w: World, mm: number, vpn: number): number {
  const vma = findVma(w, mm, vpn);
  return vma !== NO_VMA && w.vmas.get(vma, VMA.START) <= vpn ? vma : NO_VMA;
}

export function insertVma(w: World, mm: number, vma: number): void {
  const index = vmaIndexFrom(w, mm, w.vmas.get(vma, VMA.START));
  const count = w.mms.get(mm, MM.MAP_COUNT);
  const cap = w.mms.get(mm, MM.VMAS_CAP);
  if (count === cap) {
    const larger = w.heap.allocate(count + 1);
    const list = w.mms.get(mm, MM.VMAS);
    if (cap > 0) {
      w.heap.a.copyWithin(larger, list, list + count);
      w.heap.release(list, cap);
    }
    w.mms.set(mm, MM.VMAS, larger);
    w.mms.set(mm, MM.VMAS_CAP, Heap.sizeFor(count + 1));
  }
  const at = w.mms.get(mm, MM.VMAS) + index;
  w.heap.a.copyWithin(at + 1, at, at + count - index);
  w.heap.a[at] = vma;
  w.mms.set(mm, MM.MAP_COUNT, count + 1);
}

export function removeVma(w: World, mm: number, vma: number): void {
  const index = vmaIndexFrom(w, mm, w.vmas.get(vma, VMA.START));
  const count = w.mms.get(mm, MM.MAP_COUNT);
  const list = w.mms.get(mm, MM.VMAS);
  if (w.heap.a[list + index] !== vma) throw new RangeError(`vma ${vma} is not where mm ${mm} keeps it`);
  w.heap.a.copyWithin(list + index, list + index + 1, list + count);
  w.heap.a[list + count - 1] = 0;
  w.mms.set(mm, MM.MAP_COUNT, count - 1);
}
