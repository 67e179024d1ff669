/**
 * Allocations that fail because somebody wants to see what becomes of it: the next one of a kind, or all of them. What
 * fails is a fact, so that a log says where.
 */

import type { CommandOf } from '../commands.ts';
import { done, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { HEADER } from '../tables/header.ts';
import { bitOf } from './allocations.ts';

export function failAllocations(k: Kernel, { what, times }: CommandOf<'FailAllocations'>): Result {
  const { header } = k.world;
  const bit = bitOf(what);
  k.emit({ type: 'AllocationsFail',
    once: times === 'once' ? header[HEADER.FAIL_ONCE] | bit : header[HEADER.FAIL_ONCE] & ~bit,
    always: times === 'always' ? header[HEADER.FAIL_ALWAYS] | bit : header[HEADER.FAIL_ALWAYS] & ~bit });
  k.allocatesAsTold();
  return done();
}
