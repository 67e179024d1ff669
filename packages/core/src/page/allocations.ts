/** What the kernel allocates on the paths of the model, and which of it is to fail. */

import type { Event } from '../events.ts';
import { HEADER } from '../tables/header.ts';
import type { World } from '../tables/world.ts';

/** Everything the kernel allocates on these paths; each can be made to fail. */
export type Allocation = 'mm' | 'vma' | 'anon_vma' | 'page-table' | 'page' | 'huge-page' | 'hugetlb-page'
  | 'memcg-charge' | 'prealloc' | 'commit-charge' | 'swap-continuation' | 'swap-slot';

/** In the order of their bits. */
export const ALLOCATIONS: readonly Allocation[] = ['mm', 'vma', 'anon_vma', 'page-table', 'page', 'huge-page',
  'hugetlb-page', 'memcg-charge', 'prealloc', 'commit-charge', 'swap-continuation', 'swap-slot'];

export const bitOf = (what: Allocation): number => 1 << ALLOCATIONS.indexOf(what);

/** Whether any is to fail. */
export const someFail = ({ header }: World): boolean => (header[HEADER.FAIL_ONCE] | header[HEADER.FAIL_ALWAYS]) !== 0;

/** Who is to fail once has failed by then, which is a fact for `emit`. */
export function grants({ header }: World, what: Allocation, emit: (event: Event) => void): boolean {
  const bit = bitOf(what);
  if ((header[HEADER.FAIL_ALWAYS] & bit) !== 0) return false;
  if ((header[HEADER.FAIL_ONCE] & bit) === 0) return true;
  emit({ type: 'AllocationsFail', once: header[HEADER.FAIL_ONCE] & ~bit, always: header[HEADER.FAIL_ALWAYS] });
  return false;
}
