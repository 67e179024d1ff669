import { definePolicy } from '@cowlab/plugin-api';

/**
 * The split of the mapping of a THP holds the lock of the page while it moves the mapcounts, so that a fault of another
 * process, which sums them up under that lock, finds them before it or after it (CVE-2020-29368).
 * @kernel v5.8 c444eb564fb1 mm: thp: make the THP mapcount atomic against __split_huge_pmd_locked()
 */
export default definePolicy({
  id: 'pmd-split-locked',
  summary: 'The split of a PMD locks the page, so no fault sums up mapcounts that are on the move.',
  kernel: 'linux 5.8: c444eb564fb1 mm: thp: make the THP mapcount atomic against __split_huge_pmd_locked()',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  traits: { pmdSplitLocksPage: true },
});
