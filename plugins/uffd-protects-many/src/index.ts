import { definePolicy } from '@cowlab/plugin-api';

/**
 * UFFDIO_WRITEPROTECT takes all the mappings of its range, one after the other; what was done before a mapping that the
 * userfaultfd does not protect stays done. Before, the range had to lie in one mapping.
 * @kernel v6.4 mm/userfaultfd: support WP on multiple VMAs
 */
export default definePolicy({
  id: 'uffd-protects-many',
  summary: 'UFFDIO_WRITEPROTECT takes a range of any number of mappings.',
  kernel: 'linux 6.4: mm/userfaultfd: support WP on multiple VMAs',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  traits: { uffdProtects: 'many' },
});
