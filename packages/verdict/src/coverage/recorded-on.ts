/** The kernel that was recorded, as far as its answers tell: io_uring_setup() lists what the kernel can do. */
import type { Story } from '../story/entities.ts';

/** Bit, name without IORING_FEAT_, and the first release with it. @kernel include/uapi/linux/io_uring.h */
const FEATURES: readonly (readonly [name: string, since: number])[] = [
  ['SINGLE_MMAP', 5.04],
  ['NODROP', 5.05],
  ['SUBMIT_STABLE', 5.05],
  ['RW_CUR_POS', 5.06],
  ['CUR_PERSONALITY', 5.06],
  ['FAST_POLL', 5.07],
  ['POLL_32BITS', 5.09],
  ['SQPOLL_NONFIXED', 5.11],
  ['EXT_ARG', 5.11],
  ['NATIVE_WORKERS', 5.12],
  ['RSRC_TAGS', 5.13],
  ['CQE_SKIP', 5.17],
  ['LINKED_FILE', 5.17],
  ['REG_REG_RING', 6.03],
  ['RECVSEND_BUNDLE', 6.1],
  ['MIN_TIMEOUT', 6.12],
  ['RW_ATTR', 6.14],
  ['NO_IOWAIT', 6.15],
];

/** Whether a kernel can be the one that was recorded; false where nothing tells. */
export function recordedOn({ features }: Story, told: string | undefined): (kernel: string) => boolean {
  if (told !== undefined) return (kernel) => kernel === told || releaseOf(kernel) === releaseOf(told);
  const bits = features.flatMap((name) => {
    const value = /^0x[0-9a-f]+$/.test(name) ? Number(name) : null;
    if (value !== null) return FEATURES.flatMap((_, bit) => (Math.floor(value / 2 ** bit) % 2 === 1 ? [bit] : []));
    const bit = FEATURES.findIndex(([known]) => name === `IORING_FEAT_${known}`);
    return bit < 0 ? [] : [bit];
  });
  if (bits.length === 0) return () => false;
  const highest = Math.max(...bits);
  const since = FEATURES[highest][1];
  const before = FEATURES[highest + 1]?.[1] ?? Infinity;
  return (kernel) => {
    const release = releaseOf(kernel);
    return release !== null && release >= since && release < before;
  };
}

/** The newest of some kernels that can have been recorded; null where nothing tells, or none fits. */
export function recordedKernel(story: Story, told: string | undefined, kernels: readonly string[]): string | null {
  const fits = recordedOn(story, told);
  const found = kernels.filter((one) => one.startsWith('linux-') && fits(one))
    .map((one) => ({ one, release: releaseOf(one) ?? 0 })).sort((a, b) => b.release - a.release);
  return found[0]?.one ?? null;
}

/** 5.9-rc5 is before 5.9; minor releases have two digits, so that 5.10 follows 5.9. */
export function releaseOf(kernel: string): number | null {
  const [, major, minor, rc] = /(\d+)\.(\d+)(-rc\d+)?/.exec(kernel) ?? [];
  return major === undefined ? null : Number(major) + Number(minor) / 100 - (rc === undefined ? 0 : 0.005);
}
