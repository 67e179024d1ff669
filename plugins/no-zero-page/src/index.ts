import { definePolicy } from '@cowlab/plugin-api';

/**
 * A load from untouched anonymous memory gets a zeroed page of its own, or a THP, as a store does, and it is
 * writable where
 * its VMA is. A THP that is split for good keeps its pages of zeroes, unless the machine forbids the zero page to
 * faults
 * alone (`split=true`). All this is a fact of a machine and not of a release, and goes on top of any profile:
 * upstream it
 * is so on s390, for guests with storage keys or under protected virtualization; and a kernel of 6.18 for virtual
 * machines
 * on x86-64 was met that forbids it to faults.
 * @kernel 593befa6ab74 mm: introduce mm_forbids_zeropage function; mm/memory.c do_anonymous_page(), mm/huge_memory.c
 * do_huge_pmd_anonymous_page(), mm/migrate.c try_to_map_unused_to_zeropage()
 */
export default definePolicy({
  id: 'no-zero-page',
  summary: 'A load from untouched anonymous memory gets a page of its own: no zero page is mapped, small or huge.',
  kernel: 'any, where mm_forbids_zeropage() says so (s390; split=true: seen on a 6.18 for virtual machines)',
  defaults: { split: false },
  create: ({ split }) => ({ traits: { zeroPage: split ? 'by-split' : 'forbidden' } }),
});
