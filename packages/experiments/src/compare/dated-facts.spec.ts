/**
 * One small scenario for each dated fact that a scenario can show, with a kernel on both sides of each date. What they
 * expect was seen on kernels, recorded or under qemu, unless a comment says where it was read.
 */
import { openCatalogue } from '@cowlab/composition/node';
import { FACTS, resolveLanes } from '@cowlab/composition';
import { parseScenario } from '@cowlab/scenario';
import { describe, expect, it } from '@jest/globals';
import { compareScenario } from './compare.ts';

const catalogue = await openCatalogue({ cwd: process.cwd() });

interface Dated {
  readonly fact: string | null;
  readonly steps: string;
  /** What each group of kernels does. */
  readonly does: Readonly<Record<string, readonly string[]>>;
}

const DATED: Readonly<Record<string, Dated>> = {
  'a file region shows its own bytes, whatever shared memory took a number before it': {
    fact: null,
    steps: 'mmap 0 1 shanon 1\nmmap 0 0 file 2\nread 0 0 1',
    does: { 'linux-5.10,linux-6.18': ['value 0 0 1 129'] },
  },
  'a load past the end of a file maps what the cache has around it, before it comes to SIGBUS': {
    fact: null,
    // Grown away from its place, the mapping begins 8 pages above a multiple of 64 KiB.
    steps: 'mmap 0 0 file 20\nread 0 0 18',
    does: { 'linux-5.10,linux-6.1,linux-7.0': ['step 1 SIGBUS', 'mapcount 0 0 15 0'] },
  },
  'a store past the end of a private file mapping leaves an anon_vma behind': {
    fact: null,
    steps: 'mmap 0 0 file 20\nmprotect 0 0 0 10 r\nwrite 0 0 17 1\nfork 0 1\nmprotect 1 0 0 10 rw\nmremap 1 0 25',
    does: { 'linux-5.10,linux-6.1,linux-6.12,linux-6.18,linux-7.1': ['step 2 SIGBUS', 'step 5 EFAULT'] },
  },
  'MADV_FREE marks a page that a child maps too': {
    fact: null,
    steps: 'mmap 0 0 anon 1\nwrite 0 0 0 7\nfork 0 1\nmadvise 0 0 0 1 free\nexit 1\nswapout 0 0 0 1\nread 0 0 0',
    does: { 'linux-5.10,linux-6.1,linux-6.12,linux-7.2': ['value 0 0 0 0'] },
  },
  'a child keeps what it sees of a page that its parent has given up, while it lives': {
    fact: null,
    steps: 'mmap 0 0 anon 1\nwrite 0 0 0 7\nfork 0 1\nmadvise 0 0 0 1 free\nswapout 0 0 0 1\nread 1 0 0',
    does: { 'linux-5.10,linux-6.1,linux-6.12,linux-7.2': ['value 1 0 0 7', 'value 0 0 0 7'] },
  },
  'shrinking a range whose first pages are not mapped': {
    fact: 'mremap-looks-first',
    steps: 'mmap 0 0 anon 15\nwrite 0 0 4 7\nmunmap 0 0 0 3\nmremap 0 0 10',
    does: { 'linux-5.10,linux-5.15': ['step 3 ok', 'value 0 0 4 7'], 'linux-5.16.0,linux-6.1': ['step 3 EFAULT'] },
  },
  'a store to the huge zero page': {
    fact: 'huge-zero-thp',
    steps: 'mmap 0 0 thp 512\nread 0 0 5\nwrite 0 0 5 7',
    does: { 'linux-5.10,linux-6.1,linux-6.12': ['mapcount 0 0 6 0'],
      'linux-6.13,linux-6.16,linux-7.2': ['mapcount 0 0 6 1'] },
  },
  'MADV_DOFORK of hugetlb': {
    fact: 'hugetlb-dofork-refused',
    steps: 'mmap 0 0 huge 512\nmadvise 0 0 0 512 dontfork\nmadvise 0 0 0 512 dofork\nfork 0 1\nread 1 0 0',
    does: { 'linux-6.12,linux-6.19': ['step 2 ok', 'value 1 0 0 0'],
      'linux-7.0,linux-7.2': ['step 2 EINVAL', 'value 1 0 0 SIGSEGV'] },
  },
  'registering a writable copy that lies in a read-only mapping': {
    fact: 'registration-goes-fast',
    steps:
      'mmap 0 0 huge 512\nwrite 0 0 0 7\npin 0 0 0 0 512\nmprotect 0 0 0 512 r\nfork 0 1\npin 1 1 0 0 512\nwrite 1 0 0 8',
    does: { 'linux-6.1,linux-6.2,linux-6.9': ['step 5 EFAULT', 'step 6 ok'],
      'linux-6.10,linux-6.12': ['step 5 ok', 'step 6 ok'] },
  },
  'the early copy of a hugetlb page in a read-only mapping': {
    fact: 'hugetlb-copy-honours-vma',
    steps: 'mmap 0 0 huge 512\nwrite 0 0 0 7\npin 0 0 0 0 512\nmprotect 0 0 0 512 r\nfork 0 1\nwrite 1 0 0 8',
    does: { 'linux-5.12,linux-6.1,linux-6.13': ['step 5 ok'], 'linux-6.14,linux-7.2': ['step 5 SIGSEGV'] },
  },
  'reclaim of a lazy-free page that a pipe holds': {
    fact: 'lazyfree-held-stays',
    // The loss is read in the source; that 5.10.223 and 6.1 keep the page was seen.
    steps: 'mmap 0 0 anon 1\nwrite 0 0 0 7\nmadvise 0 0 0 1 free\nvmsplice 0 0 0 0 1\nswapout 0 0 0 1\nread 0 0 0',
    does: {
      'linux-5.7,linux-5.10.110,linux-5.11,linux-5.15.33,linux-5.16.19,linux-5.17.2': ['value 0 0 0 0', 'pipe 0 0 7'],
      'linux-5.10.111,linux-5.15.34,linux-5.16.20,linux-5.17.3,linux-5.18,linux-6.1': ['value 0 0 0 7', 'pipe 0 0 7'],
    },
  },
  'a store of a child to a shared hugetlb page': {
    fact: 'hugetlb-child-writable',
    // Read in the source.
    steps: 'mmap 0 0 huge 512\nwrite 0 0 0 7\nfork 0 1\nwrite 1 0 0 8',
    does: { 'linux-5.12.0,linux-5.12.4': ['value 0 0 0 8', 'leak'],
      'linux-5.11,linux-5.12.5,linux-5.13,linux-5.15': ['value 0 0 0 7', 'no-leak'] },
  },
  'fork() of a page of the file that is pinned through a private mapping': {
    fact: 'early-copy-anonymous-only',
    // The copy is read in the source; that 5.10.223 and 6.1 share the page was seen.
    steps: 'mmap 0 0 file 2\nwrite 0 0 1 5\nrpin 0 0 0 0 1\nfork 0 1',
    does: { 'linux-5.9,linux-5.10.152,linux-5.11,linux-5.15.172,linux-5.18': ['copied 1'],
      'linux-5.10.153,linux-5.15.173,linux-5.19,linux-6.1': ['copied 0'] },
  },
  'reclaim of a pinned page': {
    fact: 'pinned-not-swapped',
    steps: 'mmap 0 0 anon 2\nwrite 0 0 0 1\nwrite 0 0 1 1\npin 0 0 0 0 1\nswapout 0 0 0 2',
    does: { 'linux-5.7,linux-5.9,linux-5.10.8': ['mapcount 0 0 0 0', 'mapcount 0 0 1 0'],
      'linux-5.10.9,linux-5.10.223,linux-5.11,linux-6.1': ['mapcount 0 0 0 1', 'mapcount 0 0 1 0'] },
  },
  'a guard of a page: in a child, over MADV_DONTNEED, and where a pipe wants pages': {
    fact: 'guard-regions',
    steps: 'mmap 0 0 anon 3\nwrite 0 0 0 7\nwrite 0 0 1 8\nwrite 0 0 2 9\nmadvise 0 0 1 1 guard\nread 0 0 1\n'
      + 'fork 0 1\nread 1 0 1\nmadvise 1 0 0 3 unguard\nmadvise 0 0 0 3 dontneed\nvmsplice 0 0 0 0 3\n'
      + 'read 0 0 1\nmadvise 0 0 1 1 unguard',
    does: {
      'linux-5.10,linux-6.1,linux-6.12': ['step 4 EINVAL', 'step 5 ok', 'value 1 0 1 8', 'step 8 EINVAL'],
      'linux-6.13,linux-6.18,linux-7.1': ['step 4 ok', 'step 5 SIGSEGV', 'step 7 SIGSEGV', 'value 1 0 1 0',
        'value 1 0 2 9', 'pipe 0 0 0', 'step 11 SIGSEGV', 'value 0 0 1 0'],
    },
  },
  'a guard of a page of a file': {
    fact: 'guard-regions-of-files',
    steps: 'mmap 0 0 sharedfile 2\nmadvise 0 0 1 1 guard\nfork 0 1\nread 1 0 1\nmadvise 0 0 1 1 unguard',
    does: { 'linux-6.13,linux-6.14': ['step 1 EINVAL', 'step 3 ok'],
      'linux-6.15,linux-6.16,linux-7.1': ['step 1 ok', 'step 3 SIGSEGV', 'value 0 0 1 129'] },
  },
  'mremap over two parts of a mapping of which a guard made them differ': {
    fact: 'guards-mark-vmas',
    steps: 'mmap 0 0 anon 4\nmprotect 0 0 0 2 r\nmadvise 0 0 2 2 guard\nfork 0 1\nmprotect 1 0 0 2 rw\nmremap 1 0 8',
    does: { 'linux-6.18': ['step 5 EFAULT'], 'linux-6.19,linux-7.1': ['step 5 ok'] },
  },
  'a store to a page that a pipe holds, after soft-dirty bits were cleared': {
    fact: 'anon-exclusive',
    steps: 'mmap 0 0 anon 1\nwrite 0 0 0 7\nvmsplice 0 0 0 0 1\nclearrefs 0\nwrite 0 0 0 8',
    does: { 'linux-5.10': ['pipe 0 0 7', 'value 0 0 0 8'], 'linux-6.1,linux-6.12,linux-7.1': ['pipe 0 0 8'] },
  },
  'a store to a page that a device has pinned, after soft-dirty bits were cleared': {
    fact: 'clear-refs-spares-pins',
    // That 5.10.223 spares it was seen; before, it was read in the source.
    steps: 'mmap 0 0 anon 1\nwrite 0 0 0 7\npin 0 0 0 0 1\nclearrefs 0\nwrite 0 0 0 8',
    does: { 'linux-5.9,linux-5.10.4': ['pin 0 diverged'],
      'linux-5.10.9,linux-5.10,linux-5.11,linux-6.1,linux-7.0': ['pin 0 coherent'] },
  },
  'a page that userfaultfd protects from stores, and a child that knows nothing of it': {
    fact: null,
    steps: 'mmap 0 0 anon 2\nwrite 0 0 0 7\nuffdopen 0 alone\nuffd 0 0 0 2 stores\nuffdprotect 0 0 0 2\nfork 0 1\n'
      + 'write 1 0 0 8\nwrite 0 0 0 9\nwrite 0 0 1 9',
    does: { 'linux-6.1,linux-6.12,linux-6.18,linux-7.1': ['step 6 ok', 'step 7 SIGBUS', 'value 0 0 0 7', 'step 8 ok'] },
  },
  'a page that userfaultfd protects from stores, and a child that inherits it': {
    fact: null,
    steps: 'mmap 0 0 anon 2\nwrite 0 0 0 7\nuffdopen 0 forks\nuffd 0 0 0 2 stores\nuffdprotect 0 0 0 2\nfork 0 1\n'
      + 'write 1 0 0 8\nwrite 1 0 1 8\nuffdunprotect 1 0 0 2\nwrite 1 0 0 8\nwrite 0 0 0 9',
    does: {
      'linux-6.1,linux-6.12,linux-6.18,linux-7.1': ['step 6 SIGBUS', 'step 7 ok', 'step 9 ok', 'step 10 SIGBUS'],
    },
  },
  'the early copy of a page that userfaultfd protects from stores': {
    fact: null,
    steps: 'mmap 0 0 anon 1\nwrite 0 0 0 7\npin 0 0 0 0 1\nuffdopen 0 forks\nuffd 0 0 0 1 stores\n'
      + 'uffdprotect 0 0 0 1\nfork 0 1\nwrite 1 0 0 8',
    does: { 'linux-6.1,linux-6.12,linux-6.18,linux-7.1': ['copied 1', 'step 7 SIGBUS'] },
  },
  'UFFDIO_WRITEPROTECT over two mappings': {
    fact: 'uffd-protects-many',
    steps: 'mmap 0 0 anon 2\nuffdopen 0 alone\nuffd 0 0 0 2 stores\nmprotect 0 0 0 1 r\nuffdprotect 0 0 0 2',
    does: { 'linux-6.1,linux-6.3': ['step 4 ENOENT'], 'linux-6.4,linux-6.12,linux-7.1': ['step 4 ok'] },
  },
  'mprotect() that gives the right to write back': {
    fact: 'mprotect-maps-writable',
    steps: 'mmap 0 0 anon 2\nwrite 0 0 0 1\nmprotect 0 0 0 2 r\nmprotect 0 0 0 2 rw\nvmsplice 0 0 0 0 1\nwrite 0 0 0 2',
    does: { 'linux-5.9,linux-5.18': ['pipe 0 0 1'], 'linux-5.19,linux-6.0,linux-6.1': ['pipe 0 0 2'] },
  },
};

describe.each(Object.entries(DATED))('%s', (question, { fact, steps, does }) => {
  it.each(Object.entries(does))('on %s', async (lanes, claims) => {
    const expects = claims.map((claim) => `expect ${lanes} ${claim}\n`).join('');
    const scenario = parseScenario(`question ${question}?\n${steps}\n${expects}`, 'dated.cow');
    for (const { lane, expectations } of compareScenario(scenario, await resolveLanes(lanes, catalogue)).lanes) {
      expect(expectations.length).toBe(claims.length);
      expect([lane, expectations.filter(({ holds }) => !holds).map(({ text, actual }) => `${text}: ${actual}`)])
        .toEqual([lane, []]);
    }
  });

  it('is a fact of the table, or of all kernels alike', () => {
    if (fact !== null) expect(FACTS.map(({ id }) => id)).toContain(fact);
    else expect(Object.keys(does).length).toBe(1);
  });
});
