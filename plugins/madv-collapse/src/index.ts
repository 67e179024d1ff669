import { definePolicy } from '@cowlab/plugin-api';

/**
 * A process may ask for one huge page in the place of its small ones, also of those that a child maps too, which keeps
 * them; a page that somebody holds sends all away (EAGAIN). Before, there was no such advice. Until 6.17 one entry at
 * least must be writable, so what fork() has just shared stays as it is (EINVAL).
 * A range that is too short is refused where it lies on no edge of a huge page, until 7.3.
 * @kernel v6.1 7d8faaf15545 mm/madvise: introduce MADV_COLLAPSE sync hugepage collapse
 */
export default definePolicy({
  id: 'madv-collapse',
  summary: 'MADV_COLLAPSE makes one huge page of small ones; who else maps the old ones keeps them.',
  kernel: 'linux 6.1: 7d8faaf15545 mm/madvise: introduce MADV_COLLAPSE sync hugepage collapse',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  defaults: { wants: 'any' as 'writable' | 'any', ofNone: 'ok' as 'EINVAL' | 'ok' },
  create: ({ wants, ofNone }) => ({ traits: { madviseCollapse: wants, collapseOfNone: ofNone } }),
});
