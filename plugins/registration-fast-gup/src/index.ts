import { definePolicy } from '@cowlab/plugin-api';

/**
 * io_uring pins a buffer that is registered by fast GUP, which looks at entries alone. Before, it went the slow
 * way under
 * mmap_lock, where the VMA is asked first: a writable entry in a read-only VMA (H9) was EFAULT.
 * @kernel v6.10 io_uring: unify io_pin_pages()
 */
export default definePolicy({
  id: 'registration-fast-gup',
  summary: 'Registering a buffer tries fast GUP first: a writable entry is enough, whatever its VMA allows.',
  kernel: 'linux 6.10: io_uring: unify io_pin_pages()',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  traits: { registrationGup: 'fast' },
});
