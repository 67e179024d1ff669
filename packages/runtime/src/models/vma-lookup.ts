/** The VMA at an address, for read models that ask for many between two commands. */

import type { VmaSnapshot } from '@cowlab/core';
import type { WorldView } from '../world-view.ts';

/** Remembers what it has read, so it is good for one state of the world only. */
export class VmaLookup {
  private readonly known = new Map<number, readonly VmaSnapshot[]>();

  constructor(private readonly world: WorldView) {}

  at(mm: number, vpn: number): VmaSnapshot | null {
    let vmas = this.known.get(mm);
    if (vmas === undefined) this.known.set(mm, vmas = this.world.mm(mm).vmas);
    let low = 0;
    let high = vmas.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (vmas[middle].end > vpn) high = middle;
      else low = middle + 1;
    }
    return low < vmas.length && vmas[low].start <= vpn ? vmas[low] : null;
  }
}

/** MAP_PRIVATE. */
export const isPrivate = ({ perms }: VmaSnapshot): boolean => perms.endsWith('p');
export const isWritableVma = ({ perms }: VmaSnapshot): boolean => perms[1] === 'w';
export const isHugetlb = ({ vmFlags }: VmaSnapshot): boolean => vmFlags.includes('ht');
