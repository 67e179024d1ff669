import { definePolicy } from '@cowlab/plugin-api';

/**
 * MADV_DOFORK is EINVAL on hugetlb mappings: their VM_DONTEXPAND counts as special now.
 * @kernel v7.0 mm/madvise.c madvise_vma_behavior()
 */
export default definePolicy({
  id: 'hugetlb-dofork-refused',
  summary: 'MADV_DOFORK is refused on hugetlb mappings.',
  kernel: 'linux 7.0 (seen; not yet in 6.19)',
  over: 'anon-vma-merge',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  traits: { hugetlbDofork: false },
});
