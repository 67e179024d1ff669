/**
 * Allocations that fail because somebody wants to see what becomes of it: the next one of a kind, or all of them. What
 * fails is a fact, so that a log says where.
 */

import type { CommandOf } from '../commands.ts';
import { done, type Result } from '../errno.ts';
import type { Allocation, Kernel } from '../kernel.ts';
import { HEADER } from '../tables/header.ts';

/** In the order of their bits. */
export const ALLOCATIONS: readonly Allocation[] = ['mm', 'vma', 'anon_vma', 'page-table', 'page', 'huge-page',
  'hugetlb-page', 'memcg-charge', 'prealloc', 'commit-charge', 'swap-continuation', 'swap-slot'];

const bitOf = (what: Allocation): number => 1 << ALLOCATIONS.indexOf(what);

export function failAllocations(k: Kernel, { what, times }: CommandOf<'FailAllocations'>): Result {
  const { header } = k.world;
  const bit = bitOf(what);
  k.emit({ type: 'AllocationsFail',
    once: times === 'once' ? header[HEADER.FAIL_ONCE] | bit : header[HEADER.FAIL_ONCE] & ~bit,
    always: times === 'always' ? header[HEADER.FAIL_ALWAYS] | bit : header[HEADER.FAIL_ALWAYS] & ~bit });
  k.allocatesAsTold();
  return done();
}

/** Whether any is to fail. */
export const someFail = ({ world: { header } }: Kernel): boolean =>
  (header[HEADER.FAIL_ONCE] | header[HEADER.FAIL_ALWAYS]) !== 0;

export function grants(k: Kernel, what: Allocation): boolean {
  const { header } = k.world;
  const bit = bitOf(what);
  if ((header[HEADER.FAIL_ALWAYS] & bit) !== 0) return false;
  if ((header[HEADER.FAIL_ONCE] & bit) === 0) return true;
  k.emit({ type: 'AllocationsFail', once: header[HEADER.FAIL_ONCE] & ~bit, always: header[HEADER.FAIL_ALWAYS] });
  return false;
}
