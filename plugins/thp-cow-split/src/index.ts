import { definePolicy } from '@cowlab/plugin-api';

/**
 * A write to a shared huge page no longer copies all of it: the PMD is split and one small page is copied. Cheaper in
 * memory, dearer at the next fork(), which finds small entries. The same release made the split hold the lock of the
 * page.
 * @kernel v5.8 3917c80280c9 thp: change CoW semantics for anon-THP, c444eb564fb1 mm: thp: make the THP mapcount
 * atomic against __split_huge_pmd_locked()
 */
export default definePolicy({
  id: 'thp-cow-split',
  summary: 'A write to a shared huge PMD splits it and copies one small page, not the whole huge one.',
  kernel: 'linux 5.8: 3917c80280c9 thp: change CoW semantics for anon-THP',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  traits: { pmdSplitLocksPage: true },
  onWriteFaultHugePmd: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'split'),
});
