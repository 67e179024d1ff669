/**
 * On which kernels the suite's expectations are known to fail, and why. All of it was read in the sources of the
 * kernels or seen on them, before there was a model; nothing here is taken from a run of ours.
 */
import type { ExpectedFailure } from '@cowlab/scenario';
import { PROFILES } from '@cowlab/composition';
import type { AnonCaseId } from './anon-cases.ts';
import type { Entries } from './memory.ts';

export type Defect = Omit<ExpectedFailure, 'line'> & { readonly lanes: readonly string[] };

const NAMES = Object.keys(PROFILES);

/** The profiles from `first` to `last`. */
function from(first: string, last: string, why: string): Defect {
  return { lanes: NAMES.slice(NAMES.indexOf(first), NAMES.indexOf(last) + 1), why };
}

/** Commits with their subjects (some shortened), as the defects below cite them. */
export const MENDS: Readonly<Record<string, string>> = {
  '17839856fd58': 'gup: document and work around "COW can break either way"',
  '09854ba94c6a': 'do_wp_page() simplification',
  '70e806e4e645': 'Do early cow for pinned pages during fork() for ptes',
  d042035eaf5f: 'thp: split huge pmds/puds if pinned when fork()',
  '4eae4efa2c29': 'hugetlb: do early cow when page pinned on src mm',
  c145e0b47c77: 'streamline COW logic in do_swap_page()',
  '3bff7e3f1f16': 'streamline COW logic in do_huge_pmd_wp_page()',
  '6c287605fd56': 'remember exclusively mapped anon pages with PG_anon_exclusive',
  a7f226604170: 'trigger FAULT_FLAG_UNSHARE when R/O-pinning a possibly shared anon page',
  '84209e87c696': 'reliable R/O long-term pinning in COW mappings',
};

const GET_OF_SHARED = from('linux-5.7', 'linux-5.7',
  'CVE-2020-29374: the write fault counts mappings, so it reuses a page that a pipe still holds; mended by 17839856fd58 in 5.8');
const GET_BEFORE_FORK = from('linux-5.7', 'linux-5.8',
  'the write fault counts mappings, so it reuses a page that a pipe still holds; mended by 09854ba94c6a in 5.9');
const GET_PMD = from('linux-5.9-rc5', 'linux-5.17',
  'a PMD-mapped THP is still judged by its mappings, whatever a pipe holds of it; mended by 3bff7e3f1f16 in 5.18');
const GET_SWAP = from('linux-5.9-rc5', 'linux-5.17',
  'swap-in for a write counts mappings and swap entries, so it reuses a page that a pipe still holds; mended by c145e0b47c77 in 5.18');
const HUGETLB_WHY = 'a hugetlb page is judged by its mappings on purpose, as a copy could exhaust the pool; not mended';
/** In 5.8 the vmsplice itself breaks COW where the page is shared already. */
const GET_HUGETLB = [from('linux-5.7', 'linux-5.7', HUGETLB_WHY), from('linux-5.9-rc5', 'linux-7.3', HUGETLB_WHY)];
const GET_HUGETLB_BEFORE_FORK = from('linux-5.7', 'linux-7.3', HUGETLB_WHY);

const PIN_COUNTED = from('linux-5.9-rc5', 'linux-5.18',
  'the write fault takes the references of the pin for another owner and copies; mended by 6c287605fd56 in 5.19');
const PIN_COUNTED_PMD = from('linux-5.18', 'linux-5.18',
  'the write fault on a PMD-mapped THP takes the references of the pin for another owner, splits and copies; '
    + 'mended by 6c287605fd56 in 5.19');
const FORK = from('linux-5.7', 'linux-5.9-rc5',
  'fork() shares a pinned page and the next write moves its owner away; mended by 70e806e4e645 in 5.9');
const FORK_PMD = from('linux-5.7', 'linux-5.9-rc5',
  'fork() shares a pinned THP and the next write moves its owner away; mended by d042035eaf5f in 5.9');
const FORK_HUGETLB = from('linux-5.7', 'linux-5.11',
  'fork() shares a pinned hugetlb page and the next write moves its owner away; mended by 4eae4efa2c29 in 5.12');

const RO_WHY = 'a read-only pin takes a page that others share and the next write moves its owner away';
const RO_SHARED = [
  from('linux-5.7', 'linux-5.7', `${RO_WHY}; mended by 17839856fd58 in 5.8`),
  from('linux-5.9-rc5', 'linux-5.18', `${RO_WHY}; mended by a7f226604170 in 5.19`),
];
export const RO_NOT_ANON: readonly Defect[] = [
  from('linux-5.7', 'linux-5.7',
    'a read-only pin takes the zero page or the page of the file, which the next write replaces; mended by 17839856fd58 in 5.8'),
  from('linux-5.9-rc5', 'linux-6.1',
    'a read-only pin takes the zero page or the page of the file, which the next write replaces; mended by 84209e87c696 in 6.2'),
];

type ByEntries = Readonly<Record<Entries, readonly Defect[]>>;
const everywhere = (defects: readonly Defect[]): ByEntries => ({ small: defects, swapped: defects, parts: defects,
  pmd: defects, hugetlb: defects });

const GETS_OF_SHARED: ByEntries = { ...everywhere([GET_OF_SHARED]), swapped: [GET_OF_SHARED, GET_SWAP],
  pmd: [GET_OF_SHARED, GET_PMD], hugetlb: GET_HUGETLB };
const PINS_COUNTED: ByEntries = { ...everywhere([PIN_COUNTED]), pmd: [PIN_COUNTED_PMD], hugetlb: [] };

export const ANON_DEFECTS: Readonly<Record<AnonCaseId, ByEntries>> = {
  cow: everywhere([]),
  'cow-mprotect': everywhere([]),
  'vmsplice-child': GETS_OF_SHARED,
  'vmsplice-child-mprotect': GETS_OF_SHARED,
  'vmsplice-child-exit': GETS_OF_SHARED,
  'vmsplice-before-fork': { ...everywhere([GET_BEFORE_FORK]), pmd: [GET_BEFORE_FORK, GET_PMD],
    hugetlb: [GET_HUGETLB_BEFORE_FORK] },
  'vmsplice-after-fork': GETS_OF_SHARED,
  'buffer-mprotect': PINS_COUNTED,
  'buffer-fork': { ...everywhere([FORK]), pmd: [FORK_PMD], hugetlb: [FORK_HUGETLB] },
  'ro-pin-shared': everywhere(RO_SHARED),
  'ro-pin-once-shared': PINS_COUNTED,
  'ro-pin-exclusive': PINS_COUNTED,
};
