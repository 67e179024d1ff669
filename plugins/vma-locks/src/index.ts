import { definePolicy } from '@cowlab/plugin-api';

/**
 * A fault locks its VMA alone, not mmap_lock; who changes VMAs locks them to write. `forkLocks` false is the fault of
 * 6.4.0 to 6.4.2: fork() write-protects and shares a page while another thread's fault copies it. `files` (6.7): faults
 * of file mappings too. Where calls run one after the other it changes nothing.
 * @kernel v6.4 0bff0aaea03e x86/mm: try VMA lock-based page fault handling first
 * @kernel v6.5 fb49c455323f fork: lock VMAs of the parent process when forking
 * @kernel v6.7 164b06f238b9 mm: call wp_page_copy() under the VMA lock
 */
export default definePolicy({
  id: 'vma-locks',
  summary: 'A fault locks its VMA alone, and fork() locks the VMAs that it copies.',
  kernel: 'linux 6.4: 0bff0aaea03e x86/mm: try VMA lock-based page fault handling first',
  over: 'mprotect-exclusive',
  hazards: ['H4', 'H6', 'H7', 'H8'],
  defaults: { forkLocks: true, files: true },
  create: ({ forkLocks, files }) => ({
    traits: { faultLock: files ? 'vma' : 'anonymous-vma', forkLocksVmas: forkLocks },
  }),
});
