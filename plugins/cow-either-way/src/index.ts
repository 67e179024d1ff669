import { definePolicy } from '@cowlab/plugin-api';

/**
 * "COW can break either way": whoever takes a page of a private mapping breaks COW first, even to read it, so that no
 * later write can take the page away from under the reader.
 * @kernel v5.8 17839856fd58 gup: document and work around "COW can break either way" issue
 */
export default definePolicy({
  id: 'cow-either-way',
  summary: 'get_user_pages() breaks COW even for a read-only request, by turning it into a write fault.',
  kernel: 'linux 5.8: 17839856fd58 gup: document and work around "COW can break either way" issue',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  onGup: (_page, { write }) => (write ? undefined : 'break-cow'),
});
