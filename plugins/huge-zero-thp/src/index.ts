import { definePolicy } from '@cowlab/plugin-api';

/**
 * A write or a pin on the huge zero page gets a THP at once, not a split and one small page.
 * @kernel v6.13 1ced09e0331f mm: allocate THP on hugezeropage wp-fault
 */
export default definePolicy({
  id: 'huge-zero-thp',
  summary: 'A write to the huge zero page gets a THP at once.',
  kernel: 'linux 6.13: 1ced09e0331f mm: allocate THP on hugezeropage wp-fault',
  over: 'large-folio-reuse',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  traits: { hugeZeroWrite: 'thp' },
});
