import { definePolicy } from 'cowlab/policy';

/** What a reader of this page might try first. */
export default definePolicy({
  id: 'keep-pins',
  summary: 'Copy pages that may be pinned during fork().',
  onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined),
});
