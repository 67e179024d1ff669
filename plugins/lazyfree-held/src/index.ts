import { definePolicy } from '@cowlab/plugin-api';

/**
 * Reclaim drops a page that MADV_FREE gave up only when its mappings are all there is. Before, it looked whether
 * the page
 * was dirty and no further: a page that a device or a pipe held was taken from its process, which then read zeroes.
 * Either way it is an ordinary page from then on; since 6.15 (`staysLazy`) only when it was stored to.
 * @kernel v5.18 6c8e2a256915 mm: fix race between MADV_FREE reclaim and blkdev direct IO read
 */
export default definePolicy({
  id: 'lazyfree-held',
  summary: 'Reclaim leaves a lazy-free page (MADV_FREE) alone while somebody else refers to it.',
  kernel:
    'linux 5.18, 5.17.3, 5.16.20, 5.15.34, 5.10.111: 6c8e2a256915 mm: fix race between MADV_FREE reclaim and blkdev direct IO read',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  defaults: { staysLazy: false },
  create: ({ staysLazy }) => ({ traits: { lazyfreeReclaim: staysLazy ? 'if-dirty' : 'references' } }),
});
