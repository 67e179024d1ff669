/** In which order fork() tests an entry for pins and write-protects it: the policy's, by name or as a list. */

import type { Kernel } from '../kernel.ts';
import type { ForkOrder, ForkTest } from '../policy/traits.ts';

const ORDERS: { readonly [Name in Extract<ForkOrder, string>]: readonly ForkTest[] } = {
  'test-first': ['has-pinned', 'ref'],
  'wrprotect-first': ['wrprotect', 'has-pinned', 'ref'],
};

export const orderOf = (k: Kernel): readonly ForkTest[] => {
  const { forkOrder } = k.policy.traits;
  return typeof forkOrder === 'string' ? ORDERS[forkOrder] : forkOrder;
};

export const wrprotectsFirst = (k: Kernel): boolean => orderOf(k).includes('wrprotect');
