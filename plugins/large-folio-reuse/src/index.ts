import { definePolicy } from '@cowlab/plugin-api';

/**
 * A large folio knows whether one mm alone maps it. Then a page of it is reused when every reference is one of that
 * mm's mappings. A folio that is down to its last mapping is left, so that it can be freed.
 * @kernel v6.15 1da190f4d0a6 mm: COW reuse support for PTE-mapped THP with CONFIG_MM_ID
 */
export default definePolicy({
  id: 'large-folio-reuse',
  summary: 'A write keeps a page of a large folio that one mm alone maps and nobody else refers to.',
  kernel: 'linux 6.15: 1da190f4d0a6 mm: COW reuse support for PTE-mapped THP with CONFIG_MM_ID',
  over: 'large-folio-copy',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  onWriteFault: (page) => {
    if (!page.large || page.exclusive) return undefined;
    // The swap cache gives up what no entry needs.
    const cached = page.swapCache && page.swapCount === 0 ? page.nrPages : 0;
    const whole = page.folioMapcount > 1 && !page.maybeMappedShared && page.folioMapcount + cached === page.refcount;
    return whole ? 'reuse' : 'copy';
  },
});
