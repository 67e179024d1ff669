import { definePolicy } from '@cowlab/plugin-api';

/**
 * A write of 4 to /proc/PID/clear_refs (soft-dirty) takes the write permission away under mmap_lock held to write, and
 * from pages that may be pinned not at all: the next store would copy them away from their device. Somebody who takes a
 * page with FOLL_GET does not show there.
 * `splitKeepsDirty` (6.1): the split of a folio makes its dirty pages soft-dirty again.
 * @kernel v5.11 29a951dfb3c3 mm: fix clear_refs_write locking
 * @kernel v5.11 9348b73c2e1b mm: don't play games with pinned pages in clear_page_refs
 */
export default definePolicy({
  id: 'clear-refs',
  summary: 'A write to /proc/PID/clear_refs keeps faults out, and write-protects no page that may be pinned.',
  kernel: "linux 5.11: 9348b73c2e1b mm: don't play games with pinned pages in clear_page_refs",
  over: 'write-protect-seq',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  defaults: { sparesPins: true, splitKeepsDirty: false },
  create: ({ sparesPins, splitKeepsDirty }) => ({
    traits: { clearRefsLock: 'mmap-write', clearRefsSparesPins: sparesPins, splitKeepsDirty },
  }),
});
