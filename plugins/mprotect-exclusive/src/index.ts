import { definePolicy } from '@cowlab/plugin-api';

/**
 * mprotect() that adds write permission maps exclusive pages writable at once instead of leaving a fault for each.
 * With `uncharges` (6.7), untouched memory that loses the permission gives its commit charge back, and so no longer
 * merges with memory that was touched. `dirtyOnly` (6.0, 6.1): what is exclusive and dirty alone.
 * @kernel v6.1 mm/mprotect.c can_change_pte_writable()
 */
export default definePolicy({
  id: 'mprotect-exclusive',
  summary: 'mprotect() that adds write permission makes the entries of exclusive pages writable at once.',
  kernel: 'linux 6.1',
  over: 'anon-exclusive',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  defaults: { uncharges: false, dirtyOnly: false },
  create: ({ uncharges, dirtyOnly }) => ({
    traits: { mprotectWritable: dirtyOnly ? 'exclusive-dirty' : 'exclusive', mprotectUncharges: uncharges },
  }),
});
