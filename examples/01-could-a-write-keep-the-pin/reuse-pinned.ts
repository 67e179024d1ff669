import { definePolicy } from '@cowlab/plugin-api';

/** The cure that comes to mind first: copy nothing early, but never take a page away from under a device. */
export default definePolicy({
  id: 'reuse-pinned',
  summary: 'A write keeps a page that may be pinned, whoever else maps it.',
  hazards: ['H4'],
  onWriteFault: (page) => (page.maybeDmaPinned ? 'reuse' : undefined),
});
