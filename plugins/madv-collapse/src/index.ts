import { definePolicy } from '@cowlab/plugin-api';

/**
 * A process may ask for one huge page in the place of its small ones, also of those that a child maps too, which keeps
 * them; a page that somebody holds sends all away (EAGAIN). Before, there was no such advice.
 * @kernel v6.1 7d8faaf15545 mm/madvise: introduce MADV_COLLAPSE sync hugepage collapse
 */
export default definePolicy({
  id: 'madv-collapse',
  summary: 'MADV_COLLAPSE makes one huge page of small ones; who else maps the old ones keeps them.',
  kernel: 'linux 6.1: 7d8faaf15545 mm/madvise: introduce MADV_COLLAPSE sync hugepage collapse',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  traits: { madviseCollapse: true },
});
