import { definePolicy } from '@cowlab/plugin-api';

/**
 * VMAs merge where either of them has anonymous pages, so a range becomes fit for a THP again more often.
 * @kernel v6.16 879bca0a2c4f mm/vma: fix incorrectly disallowed anonymous VMA merges
 */
export default definePolicy({
  id: 'anon-vma-merge',
  summary: 'VMAs merge where either of them has anonymous pages, not only where the one that stays has.',
  kernel: 'linux 6.16: 879bca0a2c4f mm/vma: fix incorrectly disallowed anonymous VMA merges',
  over: 'empty-table-freed',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  traits: { mergesIntoEmpty: true },
});
