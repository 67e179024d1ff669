/**
 * Kernels as data: a profile is a list of policies, bottom first, with the options in which a release differs from
 * their defaults. MADV_DONTFORK is older than all of them and is part of each.
 */
import type { Options } from '@cowlab/plugin-api';

/** A policy as part of a stack. */
export interface Chosen {
  /** Policy id. */
  readonly policy: string;
  /** What differs from the policy's defaults. */
  readonly options: Options;
}

export type Profile = readonly Chosen[];
export type Profiles = Readonly<Record<string, Profile>>;

/**
 * `changes` are the policies that a generation lays over the one before it; options replace those of the same policy
 * below.
 */
function over(below: Profile, ...changes: readonly (string | Chosen)[]): Profile {
  const chosen = changes.map((change) => (typeof change === 'string' ? { policy: change, options: {} } : change));
  return [...below.map((part) => chosen.find(({ policy }) => policy === part.policy) ?? part),
    ...chosen.filter(({ policy }) => below.every((part) => part.policy !== policy))];
}

const g0 = over([], 'naive-cow', 'madv-dontfork');
const g1 = over(g0, 'thp-cow-split', 'cow-either-way');
/** The window between 09854ba94c6a and 70e806e4e645, in which RDMA programs lost their pages. */
const g2 = over(g0, 'thp-cow-split', 'page-count-reuse');
const g3a = over(g2, { policy: 'early-cow', options: { series: 'v2' } }, 'thp-split');
const g3 = over(g2, 'early-cow', 'thp-split');
const g4 = over(g3, 'write-protect-seq');
/** 5.10 has the seqcount as a back-port, but not this. */
const g4b = over(g4, 'pinned-not-swapped');
const g5a = over(g4b, 'hugetlbfs');
const g5b = over(g5a, 'swap-aware-reuse');
const g6 = over(g5b, 'anon-exclusive');
const g6b = over(g6, 'mprotect-exclusive', { policy: 'anon-exclusive', options: { barriers: true } });
const g7 = over(g6b, 'readonly-longterm-unshare');
const uncharges = over(g7, { policy: 'mprotect-exclusive', options: { uncharges: true } });
const g8a = over(uncharges, 'large-folio-copy');
const fixedH9 = over(g8a, { policy: 'hugetlbfs', options: { writableWithoutVmWrite: false } });
const g8b = over(fixedH9, 'large-folio-reuse');
const huge = over(g8b, 'huge-zero-thp');

/** Oldest first. A release that is not listed behaves as the nearest one before it. */
export const PROFILES: Profiles = {
  'linux-5.7': g0,
  'linux-5.8': g1,
  'linux-5.9-rc5': g2,
  'posted-v2': g3a,
  'linux-5.9': g3,
  'linux-5.10': g4,
  'linux-5.11': g4b,
  'linux-5.12': g5a,
  'linux-5.15': g5a,
  'linux-5.18': g5b,
  'linux-5.19': g6,
  'linux-6.1': g6b,
  'linux-6.2': g7,
  'linux-6.8': uncharges,
  'linux-6.12': g8a,
  'linux-6.14': fixedH9,
  'linux-6.15': g8b,
  'linux-6.18': huge,
  'linux-7.2': over(huge, 'hugetlb-dofork-refused'),
};
