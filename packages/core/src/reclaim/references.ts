/** References that say somebody holds a page. */

import { FOLIO } from '../tables/folios.ts';
import { PG_CACHE, PG_SWAPCACHE } from '../tables/pages.ts';
import type { World } from '../tables/world.ts';

/** Those that mappings and caches do not account for; of a large folio, all of its pages together. */
export function unexplained(w: World, pfn: number): number {
  const { pages } = w;
  if (pages.isLarge(pfn)) {
    const folio = pages.folioOf(pfn);
    return pages.folios.get(folio, FOLIO.REFS) - pages.folios.get(folio, FOLIO.LARGE_MAPCOUNT);
  }
  const caches = (pages.has(pfn, PG_SWAPCACHE) ? 1 : 0) + (pages.has(pfn, PG_CACHE) ? 1 : 0);
  return pages.refcount(pfn) - pages.mapcount(pfn) - caches;
}
