/** Facts about entries that say more of their page than where it is. */

import { assertNever, type MarkerEvent } from '../events.ts';
import { isGuard, isPresent, MARKER_GUARD, PTE_WATCHED, PTE_WRITE } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { forEntries, leafSlot } from '../page/mapping.ts';

export function evolveMarkers(w: World, e: MarkerEvent): void {
  const { a } = w.tables;
  switch (e.type) {
    case 'GuardsInstalled': {
      const slot = leafSlot(w, e.mm, e.vpn);
      a.fill(MARKER_GUARD, slot, slot + e.nr);
      return;
    }
    case 'GuardsRemoved': {
      const slot = leafSlot(w, e.mm, e.vpn);
      for (let i = slot; i < slot + e.nr; i++) if (isGuard(a[i])) a[i] = 0;
      return;
    }
    case 'PtesWatched':
      forEntries(w, e.mm, e.vpn, e.nr, (pte) => (isPresent(pte) ? (pte & ~PTE_WRITE) | PTE_WATCHED : pte));
      return;
    case 'PtesUnwatched':
      forEntries(w, e.mm, e.vpn, e.nr, (pte) => (isPresent(pte) ? pte & ~PTE_WATCHED : pte));
      return;
    case 'MarkersCopied': {
      const from = leafSlot(w, e.from, e.vpn);
      const to = leafSlot(w, e.to, e.vpn);
      for (let i = 0; i < e.nr; i++) a[to + i] = a[from + i];
      return;
    }
    default:
      assertNever(e);
  }
}
