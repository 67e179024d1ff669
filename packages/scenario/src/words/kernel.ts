/** What the kernel does to pages of its own accord, or when it is asked to. */
import { shape, word } from './word.ts';

const ALL = shape<[]>()();
/** So many that all is merged that can be: the first one only learns which pages stay as they are. */
const PASSES = 3;

export const KERNEL = {
  ksmd: word(ALL, { says: 'ksmd goes through all mergeable memory until equal pages are one', effect: 'everywhere',
    needs: 'ksm' }, (on) => on.execute({ type: 'KsmScan', passes: PASSES })),
};
