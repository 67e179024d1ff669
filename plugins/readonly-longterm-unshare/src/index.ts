import { definePolicy } from '@cowlab/plugin-api';

/**
 * A long-term read-only pin of anything in a private mapping gets a page of its own: also where a file page or the zero
 * page is mapped, which a later write would have replaced.
 * @kernel v6.2 84209e87c696 mm/gup: reliable R/O long-term pinning in COW mappings
 */
export default definePolicy({
  id: 'readonly-longterm-unshare',
  summary: 'A long-term read-only pin in a private mapping unshares file pages and the zero page too.',
  kernel: 'linux 6.2: 84209e87c696 mm/gup: reliable R/O long-term pinning in COW mappings',
  over: 'mprotect-exclusive',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  onGup: (page, { pin, longterm, write }) => (pin && longterm && !write && !page.anon ? 'unshare' : undefined),
});
