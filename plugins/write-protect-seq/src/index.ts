import { definePolicy } from '@cowlab/plugin-api';

/**
 * fork() holds a seqcount odd while it copies a private mapping, and a fast GUP that pins gives everything back and
 * goes the slow way when the count was odd or has moved.
 * @kernel v5.11 57efa1fe5957 mm/gup: prevent gup_fast from racing with COW during fork
 */
export default definePolicy({
  id: 'write-protect-seq',
  summary: 'A seqcount keeps a fast GUP from pinning a page in the middle of its copy by fork().',
  kernel: 'linux 5.11, 5.10.4: 57efa1fe5957 mm/gup: prevent gup_fast from racing with COW during fork',
  over: 'thp-split',
  hazards: ['H1', 'H2', 'H4', 'H6'],
  traits: { writeProtectSeq: true },
});
