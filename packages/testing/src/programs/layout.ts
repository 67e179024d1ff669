/**
 * Where random programs put their memory: a few regions at fixed places, the same in every task, so that a shrunk
 * program still means what the long one meant. Neighbours touch, because VMAs that touch may merge.
 */

import { type Geometry, hugePages, taskSizePages, X86_64 } from '@cowlab/core';

export const NR_REGIONS = 6;

export interface Layout {
  readonly geometry: Geometry;
  /** Base pages of a huge page, which is also the number of entries of one page table. */
  readonly unit: number;
  /** First page of each region; all of them start at a huge page's edge. */
  readonly starts: readonly number[];
  /** Pages that a region has room for. */
  readonly room: number;
  /** Where brk() begins. */
  readonly heap: number;
  /** First page number that no address space has. */
  readonly limit: number;
  /** Lengths and offsets worth trying: short ones, and those around the edge of a page table. */
  readonly lengths: readonly number[];
  readonly offsets: readonly number[];
  /** Where a PUD of device memory fits; only where it is small enough for thousands of worlds. */
  readonly pud: { readonly start: number; readonly nr: number } | null;
}

export function layoutOf(geometry: Geometry): Layout {
  const unit = hugePages(geometry);
  const room = 2 * unit;
  const large = geometry === X86_64;
  // On x86-64 the last two regions lie under page tables of their own, half the address space away.
  const starts = Array.from({ length: NR_REGIONS }, (_, r) => unit + r * room + (large && r >= 4 ? r * 2 ** 30 : 0));
  const pudPages = unit * unit;
  return { geometry, unit, room, starts, heap: large ? 2 ** 20 + unit - 3 : unit + NR_REGIONS * room,
    limit: taskSizePages(geometry),
    lengths: distinct([1, 2, 3, 5, unit, unit + 1, unit - 1, room], (nr) => nr >= 1 && nr <= room),
    offsets: distinct([0, 1, 2, unit - 1, unit, unit - 2, unit + 1, room - 1], (at) => at >= 0 && at < room),
    pud: large || 4 * pudPages > taskSizePages(geometry) ? null : { start: 2 * pudPages, nr: pudPages } };
}

function distinct(numbers: readonly number[], fits: (n: number) => boolean): readonly number[] {
  return [...new Set(numbers.filter(fits))];
}
