/**
 * The locks that keep the paths of one mm apart. They are words of the world, taken and dropped only where paths
 * run at the same time; a path that runs alone passes them by.
 */

import type { Lock } from './events.ts';
import { BLOCKED, type Kernel } from './kernel.ts';
import { MM, VMA } from './tables/fields.ts';

export type LockMode = 'mmap-read' | 'mmap-write' | 'ptl';

const LOCKS: { readonly [Mode in LockMode]: { readonly lock: Lock; readonly field: number; readonly by: number } } = {
  'mmap-read': { lock: 'mmap_lock', field: MM.MMAP_LOCK, by: 1 },
  'mmap-write': { lock: 'mmap_lock', field: MM.MMAP_LOCK, by: -1 },
  ptl: { lock: 'ptl', field: MM.PTL, by: 1 },
};

/** `next`, or BLOCKED when somebody holds the lock. */
export function take(k: Kernel, mm: number, mode: LockMode, next: number): number {
  if (!k.concurrent) return next;
  const { lock, field, by } = LOCKS[mode];
  const held = k.world.mms.get(mm, field);
  if (mode === 'mmap-read' ? held < 0 : held !== 0) return BLOCKED;
  k.part({ type: 'LockTaken', mm, lock, by });
  return next;
}

export function drop(k: Kernel, mm: number, mode: LockMode, next: number): number {
  if (k.concurrent) k.part({ type: 'LockDropped', mm, lock: LOCKS[mode].lock, by: -LOCKS[mode].by });
  return next;
}

/** A fault takes the lock of its VMA alone; `otherwise` where that is being changed. */
export function readLockVma(k: Kernel, mm: number, vma: number, next: number, otherwise: number): number {
  if (k.world.vmas.get(vma, VMA.LOCK) < 0) return otherwise;
  k.part({ type: 'VmaReadLocked', mm, vma });
  return next;
}

export function readUnlockVma(k: Kernel, mm: number, vma: number, next: number): number {
  k.part({ type: 'VmaReadUnlocked', mm, vma });
  return next;
}

/** For who holds mmap_lock to write: `next`, or BLOCKED while faults go on in the VMA. */
export function writeLockVma(k: Kernel, mm: number, vma: number, next: number): number {
  const held = k.world.vmas.get(vma, VMA.LOCK);
  if (held > 0) return BLOCKED;
  if (held === 0) k.part({ type: 'VmaWriteLocked', mm, vma });
  return next;
}

export function writeUnlockVmas(k: Kernel, mm: number, next: number): number {
  k.part({ type: 'VmaWritesUnlocked', mm });
  return next;
}
