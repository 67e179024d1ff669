import { definePolicy } from '@cowlab/plugin-api';

/**
 * What a swap fault does with a large folio that it finds in the swap cache. Until 6.5 it took all pages but the first
 * for pages of another mapping, since it compared the index of a page that has none, and copied them; then it mapped
 * the one page; from 6.11 on (`whole`) it maps all of the folio where all of its entries are there. `zeroes` (6.12):
 * pages of zeroes are not written to swap but noted in a bitmap, so that they leave the swap cache at once.
 * @kernel v6.11 508758960b8d mm: swap: entirely map large folios found in swapcache
 * @kernel v6.12 0ca0c24e3211 mm: store zero pages to be swapped out in a bitmap
 */
export default definePolicy({
  id: 'swap-cache',
  summary: 'A swap fault maps a page of a large folio that is in the swap cache, or all of the folio.',
  kernel: 'linux 6.11: 508758960b8d mm: swap: entirely map large folios found in swapcache',
  over: 'anon-exclusive',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  defaults: { whole: true, zeroes: true },
  create: ({ whole, zeroes }) => ({
    traits: { swapInLarge: whole ? 'whole' : 'page', swapZeroes: zeroes ? 'noted' : 'written' },
  }),
});
