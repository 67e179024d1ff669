/** A userfaultfd that protects pages of the parent, and its child: the fork event makes it follow, else it ends there. */

import type { Kernel } from '../kernel.ts';
import { MM, UFFD, VM_SOFT_CLEAN, VM_UFFD_WP, VMA } from '../tables/fields.ts';
import type { ForkFrame } from './frame.ts';

/** By the flags of the VMA and those that its copy gets. What one left behind of its protection ends in children too. */
export function watchOf(k: Kernel, mm: number, flags: number, copied: number): ForkFrame['watch'] {
  if ((copied & VM_UFFD_WP) !== 0) return 'follows';
  return k.world.mms.get(mm, MM.UFFD) !== UFFD.none && (flags & VM_SOFT_CLEAN) === 0 ? 'ends' : 'none';
}

/**
 * The child's entries do not keep what nobody there asks about.
 * @kernel mm/memory.c __copy_present_ptes(), mm/huge_memory.c copy_huge_pmd()
 */
export function endWatch(k: Kernel, f: ForkFrame): void {
  const { mms, tables, vmas } = k.world;
  const root = mms.get(f.to, MM.PGD);
  const end = vmas.get(f.dst, VMA.END);
  for (let vpn = vmas.get(f.dst, VMA.START); root >= 0 && vpn < end;) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return;
    const next = tables.spanEnd(Math.max(level, 1), vpn, end);
    const held = level === 0 || tables.a[tables.slot(root, level, vpn)] !== 0;
    if (held) k.emit({ type: 'PtesUnwatched', mm: f.to, vpn, nr: next - vpn });
    vpn = next;
  }
}
