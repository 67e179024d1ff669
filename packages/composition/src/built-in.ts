/** The policies that come with the laboratory. */
import type { PolicyPlugin } from '@cowlab/plugin-api';
import anonExclusive from '@cowlab/policy-anon-exclusive';
import anonFolios from '@cowlab/policy-anon-folios';
import anonVmaMerge from '@cowlab/policy-anon-vma-merge';
import clearRefs from '@cowlab/policy-clear-refs';
import cowEitherWay from '@cowlab/policy-cow-either-way';
import earlyCow from '@cowlab/policy-early-cow';
import emptyTableFreed from '@cowlab/policy-empty-table-freed';
import guardRegions from '@cowlab/policy-guard-regions';
import hugeZeroThp from '@cowlab/policy-huge-zero-thp';
import hugetlbDoforkRefused from '@cowlab/policy-hugetlb-dofork-refused';
import hugetlbfs from '@cowlab/policy-hugetlbfs';
import largeFolioCopy from '@cowlab/policy-large-folio-copy';
import largeFolioReuse from '@cowlab/policy-large-folio-reuse';
import lazyfreeHeld from '@cowlab/policy-lazyfree-held';
import madvCollapse from '@cowlab/policy-madv-collapse';
import madvDontfork from '@cowlab/policy-madv-dontfork';
import madvFree from '@cowlab/policy-madv-free';
import mprotectExclusive from '@cowlab/policy-mprotect-exclusive';
import mremapStartFirst from '@cowlab/policy-mremap-start-first';
import naiveCow from '@cowlab/policy-naive-cow';
import noZeroPage from '@cowlab/policy-no-zero-page';
import pageCountReuse from '@cowlab/policy-page-count-reuse';
import pmdSplitLocked from '@cowlab/policy-pmd-split-locked';
import pinnedNotSwapped from '@cowlab/policy-pinned-not-swapped';
import readonlyLongtermUnshare from '@cowlab/policy-readonly-longterm-unshare';
import registrationFastGup from '@cowlab/policy-registration-fast-gup';
import registrationOneFile from '@cowlab/policy-registration-one-file';
import swapCache from '@cowlab/policy-swap-cache';
import swapAwareReuse from '@cowlab/policy-swap-aware-reuse';
import thpCowSplit from '@cowlab/policy-thp-cow-split';
import thpSplit from '@cowlab/policy-thp-split';
import uffdProtectsMany from '@cowlab/policy-uffd-protects-many';
import vmaLocks from '@cowlab/policy-vma-locks';
import whatIf from '@cowlab/policy-what-if';
import writeProtectSeq from '@cowlab/policy-write-protect-seq';

/** From the oldest behaviour to the newest. */
export const BUILT_IN: readonly PolicyPlugin[] = [naiveCow, madvDontfork, cowEitherWay, pmdSplitLocked, thpCowSplit,
  pageCountReuse, earlyCow, thpSplit, writeProtectSeq, clearRefs, pinnedNotSwapped, hugetlbfs, mremapStartFirst,
  lazyfreeHeld, swapAwareReuse, anonExclusive, swapCache, mprotectExclusive, readonlyLongtermUnshare, madvFree,
  uffdProtectsMany, vmaLocks, anonFolios, largeFolioCopy, madvCollapse, registrationOneFile, registrationFastGup,
  largeFolioReuse, hugeZeroThp, guardRegions, emptyTableFreed, anonVmaMerge, hugetlbDoforkRefused, noZeroPage, whatIf];
