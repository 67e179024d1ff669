import { definePolicy } from '@cowlab/plugin-api';

/**
 * A write to a shared huge page no longer copies all of it: the PMD is split and one small page is copied. Cheaper in
 * memory, dearer at the next fork(), which finds small entries.
 * @kernel v5.8 3917c80280c9 thp: change CoW semantics for anon-THP
 */
export default definePolicy({
  id: 'thp-cow-split',
  summary: 'A write to a shared huge PMD splits it and copies one small page, not the whole huge one.',
  kernel: 'linux 5.8: 3917c80280c9 thp: change CoW semantics for anon-THP',
  over: 'pmd-split-locked',
  hazards: ['H1', 'H2', 'H4'],
  onWriteFaultHugePmd: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'split'),
});
