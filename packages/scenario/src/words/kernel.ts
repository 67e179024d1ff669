/** What the kernel does to pages of its own accord, or when it is asked to. */
import type { Allocation, FailTimes } from '@cowlab/core';
import { shape, word } from './word.ts';

const ALL = shape<[]>()();
/** So many that all is merged that can be: the first one only learns which pages stay as they are. */
const PASSES = 3;

export const KERNEL = {
  ksmd: word(ALL, { says: 'ksmd goes through all mergeable memory until equal pages are one', effect: 'everywhere',
    needs: 'ksm' }, (on) => on.execute({ type: 'KsmScan', passes: PASSES })),
  fail: word(shape<[what: Allocation, times: FailTimes]>()('what', 'times'), {
    says: 'an allocation of the kernel fails: '
      + 'the next one of the kind, or all',
    effect: 'everywhere',
    never: 'no kernel fails an allocation on demand',
  }, (on, { what, times }) => on.execute({ type: 'FailAllocations', what, times })),
};
