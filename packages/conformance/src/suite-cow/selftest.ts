/**
 * What the kernel's own cow.c (of 6.12) said when it ran on the kernels of the recordings, and which scenarios ask
 * what it asked there. Those machines had no swap and no gup_test, so its cases with swap and with read-only pins were
 * skipped.
 */
export interface SelftestRun {
  readonly profile: string;
  readonly pass: number;
  readonly fail: number;
  readonly xfail: number;
}

export const SELFTEST_RUNS: readonly SelftestRun[] = [
  { profile: 'linux-5.10', pass: 47, fail: 10, xfail: 4 },
  { profile: 'linux-6.1', pass: 60, fail: 0, xfail: 4 },
  { profile: 'linux-6.12', pass: 284, fail: 0, xfail: 4 },
  { profile: 'linux-6.18', pass: 285, fail: 0, xfail: 4 },
  { profile: 'linux-7.2', pass: 285, fail: 0, xfail: 4 },
];

const CASES = ['cow', 'cow-mprotect', 'vmsplice-child', 'vmsplice-child-mprotect', 'vmsplice-before-fork',
  'vmsplice-after-fork', 'buffer-mprotect', 'buffer-fork'];
const MEMORY = ['small', 'thp', 'thp-ptes', 'thp-one-pte', 'thp-half', 'thp-partly-shared', 'hugetlb'];
const NOT_ANON = ['zero', 'huge-zero', 'memfd'];

/** Scenarios by their ids. */
export const ASKED_THERE: ReadonlySet<string> = new Set([
  ...CASES.flatMap((one) => MEMORY.map((memory) => `${one}-${memory}`)),
  ...NOT_ANON.map((memory) => `cow-not-anon-${memory}`),
]);
