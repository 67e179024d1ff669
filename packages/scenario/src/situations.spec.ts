import { describe, expect, it } from '@jest/globals';
import { parseScenario } from './parse.ts';

const PAGE = 'mmap 0 0 anon 1; write 0 0 0 1';
const slots = Array.from({ length: 1024 }, (_, slot) => `vmsplice 0 ${slot} 0 0 1`).join('; ');

/** Not what comes out of them, which is for the model to say: that each can be said. */
describe('the language can say', () => {
  it.each([
    ['a R/W pin, fork, the parent writes first', `${PAGE}; pin 0 0 0 0 1; fork 0 1; write 0 0 0 2`],
    ['the child writes first', `${PAGE}; pin 0 0 0 0 1; fork 0 1; write 1 0 0 3; write 0 0 0 2`],
    ['the child exits before the parent writes', `${PAGE}; pin 0 0 0 0 1; fork 0 1; exit 1; write 0 0 0 2`],
    ['the device writes and the child reads', `${PAGE}; pin 0 0 0 0 1; fork 0 1; devwrite 0 0 2; read 1 0 0`],
    ['the child takes the pin', `${PAGE}; fork 0 1; pin 1 0 0 0 1; write 0 0 0 2`],
    ['a R/O pin of a writable page', `${PAGE}; rpin 0 0 0 0 1; fork 0 1; write 0 0 0 2`],
    ['a R/O pin of a COW-shared page', `${PAGE}; fork 0 1; rpin 0 0 0 0 1; write 0 0 0 2`],
    ['a R/O pin after the child is gone', `${PAGE}; fork 0 1; exit 1; rpin 0 0 0 0 1; write 0 0 0 2`],
    ['mprotect to and fro under a pin',
      `${PAGE}; pin 0 0 0 0 1; mprotect 0 0 0 1 r; mprotect 0 0 0 1 rw; write 0 0 0 2`],
    ['FOLL_GET references across fork', `${PAGE}; vmsplice 0 0 0 0 1; fork 0 1; write 0 0 0 2`],
    ['vmsplice in the child, which unmaps', `${PAGE}; fork 0 1; vmsplice 1 0 0 0 1; munmap 1 0 0 1; write 0 0 0 2`],
    ['the same in a THP',
      'mmap 0 0 thp 512; write 0 0 0 1; fork 0 1; vmsplice 1 0 0 0 1; munmap 1 0 0 512; write 0 0 0 2'],
    ['one sub-page of a THP pinned', 'mmap 0 0 thp 512; write 0 0 0 1; pin 0 0 0 7 1; fork 0 1; write 0 0 7 2'],
    ['hugetlb pinned, the pool empty', 'pool 1; mmap 0 0 huge 512; write 0 0 0 1; pin 0 0 0 0 512; fork 0 1'],
    ['MADV_DONTFORK', `${PAGE}; pin 0 0 0 0 1; madvise 0 0 0 1 dontfork; fork 0 1; read 1 0 0`],
    ['MADV_WIPEONFORK', `${PAGE}; pin 0 0 0 0 1; madvise 0 0 0 1 wipeonfork; fork 0 1; read 1 0 0`],
    ['MAP_SHARED of a file', 'mmap 0 0 sharedfile 1; pin 0 0 0 0 1; fork 0 1; devwrite 0 0 2; read 1 0 0'],
    ['a private file page never written, R/O long-term', 'mmap 0 0 file 1; read 0 0 0; rpin 0 0 0 0 1; write 0 0 0 2'],
    ['the same, R/O short-term', 'mmap 0 0 file 1; read 0 0 0; spin 0 0 0 0 1; write 0 0 0 2'],
    ['a PROT_READ file mapping', 'mmap 0 0 rofile 1; rpin 0 0 0 0 1; write 0 0 0 2'],
    ['the zero page, R/O long-term', 'mmap 0 0 anon 1; read 0 0 0; rpin 0 0 0 0 1; write 0 0 0 2'],
    ['reclaim of a pinned page', `${PAGE}; pin 0 0 0 0 1; swapout 0 0 0 1; read 0 0 0; write 0 0 0 2`],
    ['the owner replaces what it pinned',
      `${PAGE}; pin 0 0 0 0 1; madvise 0 0 0 1 dontneed; mmap 0 0 anon 1; write 0 0 0 2`],
    ['a page pinned only by another mm', `${PAGE}; mmap 0 1 anon 1; fork 0 1; pin 1 0 1 0 1; pin 0 1 0 0 1; fork 1 2`],
    ['1024 ordinary references', `${PAGE}; mmap 0 1 anon 1; pin 0 0 1 0 1; ${slots}; fork 0 1`],
    ['exec, threads and locked memory', `${PAGE}; mlock 0 0 0 1; thread 0 1; exec 1; munlock 0 0 0 1; fork 0 2`],
  ])('%s', (_, steps) => {
    const scenario = parseScenario(`question q\n${steps.replaceAll('; ', '\n')}\nexpect * no-leak\n`, 'x');
    expect(scenario.program.steps.length).toBeGreaterThan(0);
  });
});
