import { definePolicy } from '@cowlab/plugin-api';

/**
 * io_uring pins the pages of a buffer, then looks at their mappings, and gives all back when they are of several files,
 * anonymous memory being one of none: EINVAL. Later kernels leave the mappings to GUP.
 * @kernel v6.1 io_uring/rsrc.c io_pin_pages()
 */
export default definePolicy({
  id: 'registration-one-file',
  summary: 'A buffer that is registered lies in mappings of one file, or of none.',
  kernel: 'linux 6.1 to 6.4 (seen on 6.1, not on 5.10 and 6.12)',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  traits: { registrationFiles: 'one' },
});
