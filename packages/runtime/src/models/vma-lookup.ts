/** The VMA at an address, for read models that ask for many between two commands. */

import type { VmaSnapshot } from '@cowlab/core';
import type { WorldView } from '../world-view.ts';

/** Remembers what it has read, so it is good for one state of the world only. */
export class VmaLookup {
  private readonly known = new Map<number, VmaSnapshot[]>();

  constructor(private readonly world: WorldView) {}

  /** The same mapping is the same object. */
  at(mm: number, vpn: number): VmaSnapshot | null {
    const known = this.known.get(mm) ?? [];
    // Neighbouring pages are asked for one after the other.
    const last = known.at(-1);
    if (last !== undefined && last.start <= vpn && vpn < last.end) return last;
    const found = this.world.vma(mm, vpn);
    if (found === null) return null;
    const same = known.find(({ start }) => start === found.start);
    if (same !== undefined) return same;
    known.push(found);
    this.known.set(mm, known);
    return found;
  }
}

/** MAP_PRIVATE. */
export const isPrivate = ({ perms }: VmaSnapshot): boolean => perms.endsWith('p');
export const isWritableVma = ({ perms }: VmaSnapshot): boolean => perms[1] === 'w';
export const isHugetlb = ({ vmFlags }: VmaSnapshot): boolean => vmFlags.includes('ht');
