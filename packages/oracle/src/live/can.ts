/** What a machine and a user can do, as the agent found out, and what a program needs of that. */
import { type Facts, factsOf, POOL_DEFAULT, type Program, type Step } from '@cowlab/scenario';
import type { ZeroPage } from '../compare/zero-page.ts';

export interface LiveCan {
  /** Numbers, mapcounts and flags of page frames: root's to see. */
  readonly frames: boolean;
  /** Which pages are present. */
  readonly presence: boolean;
  /**
   * A load from untouched memory maps the zero page, or the huge one where a THP may lie; so may the split of a THP.
   * Unseen, the first two are taken for true; without frames they are one.
   */
  readonly zeroPage: boolean;
  readonly hugeZeroPage: boolean;
  readonly splitZeroPage: boolean;
  /** Per-CPU batches are drained on all CPUs, or on the one that everything runs on. */
  readonly drain: 'all' | 'one';
  /** `ok`, or the errno of io_uring_setup() and of process_vm_readv(). */
  readonly uring: string;
  readonly remote: string;
  /** Writes to read-only memory by /proc/PID/mem. */
  readonly force: boolean;
  /** ksmd does nothing but what it is told. */
  readonly ksm: boolean;
  /** What `transparent_hugepage/enabled` is now, or `absent`; and whether it may be set to another. */
  readonly thp: string;
  readonly thpIsSet: boolean;
  /** Sizes of folios between a page and a THP that may be set. */
  readonly folios: readonly string[];
  readonly khugepagedSleeps: boolean;
  /** The hugetlb pool has the size that a program asks for; else so many pages are free. */
  readonly pool: boolean;
  readonly hugePages: number;
  readonly swap: boolean;
  /** The kernel keeps soft-dirty bits (CONFIG_MEM_SOFT_DIRTY). */
  readonly softDirty: boolean;
  /** `ok`, or the errno of userfaultfd(). */
  readonly uffd: string;
  /** Bytes that this user may lock, -1 without limit. */
  readonly memlock: number;
}

/** The agent's tables. */
const MAX = { p: 64, child: 64, r: 8, slot: 1024, steps: 4096, pages: 2 ** 18 };
const HUGE = 512;
const PAGE_SIZE = 4096;

/** What keeps a program from being run, named, or null. */
export function missingFor(program: Program, can: LiveCan): string | null {
  const { steps } = program;
  if (steps.length > MAX.steps) return `the agent takes ${MAX.steps} steps at most`;
  return first(steps, (step) => tooLarge(step) ?? missingForStep(step, can))
    ?? first(Object.keys(program.watch), (r) => (Number(r) < MAX.r ? null : `the agent has regions 0 to ${MAX.r - 1}`))
    ?? missingLock(steps, can) ?? missingHuge(program, can) ?? missingSettings(program, can)
    ?? missingThp(program, can);
}

/** Some step of it would come to nothing on a machine that has no swap. */
export const asksForSwap = ({ steps }: Program): boolean => steps.some(({ op }) => factsOf(op).needs === 'swap');

/** What keeps a machine from giving recordings: these are of all that can be seen, under settings of their own. */
export function missingForRecordings(can: LiveCan): string | null {
  if (!can.frames) return 'page frames cannot be seen';
  if (!can.pool) return `the hugetlb pool cannot be set to ${POOL_DEFAULT}`;
  if (can.thp !== 'madvise') return 'THP cannot be set to madvise';
  if (!can.khugepagedSleeps) return 'khugepaged cannot be put to sleep';
  return hugeZeroIsOff(can) ? HUGE_ZERO_OFF : null;
}

export function zeroPageOf({ zeroPage, splitZeroPage }: LiveCan): ZeroPage {
  return zeroPage ? 'mapped' : splitZeroPage ? 'by-split' : 'forbidden';
}

/** What is not compared or not in hand, for reports. */
export function limitsOf(can: LiveCan): string[] {
  return [
    ...(can.frames ? [] : ['identity, mapcount and flags of pages are not seen (needs root)']),
    ...(can.presence ? [] : ['presence of pages is not seen (no pagemap)']),
    ...(can.pool ? [] : [`the hugetlb pool is not set: ${can.hugePages} free`]),
    ...(can.khugepagedSleeps ? [] : ['khugepaged is not put to sleep']),
    ...(can.drain === 'all' ? [] : ['per-CPU batches are drained on one CPU only (no MADV_COLLAPSE)']),
  ];
}

/** Alone: where small zero pages are not mapped either, the model knows what comes of it. */
const hugeZeroIsOff = ({ zeroPage, hugeZeroPage }: LiveCan): boolean => zeroPage && !hugeZeroPage;
const HUGE_ZERO_OFF = 'the huge zero page is off (transparent_hugepage/use_zero_page)';

function first<Item>(items: readonly Item[], see: (item: Item) => string | null): string | null {
  for (const item of items) {
    const seen = see(item);
    if (seen !== null) return seen;
  }
  return null;
}

function tooLarge(step: Step): string | null {
  const fields = step as unknown as Readonly<Record<string, number | undefined>>;
  for (const field of ['p', 'child', 'r', 'slot'] as const) {
    if ((fields[field] ?? 0) >= MAX[field])
      return `the agent has ${{ p: 'processes', child: 'processes', r: 'regions', slot: 'slots' }[field]} 0 to ${
        MAX[field] - 1
      }`;
  }
  return [fields.nr, fields.page, fields.start].some((nr) => (nr ?? 0) >= MAX.pages)
    ? `the agent has room for ${MAX.pages - 1} pages a region`
    : null;
}

function missingForStep(step: Step, can: LiveCan): string | null {
  if (step.op === 'mmap' && step.kind === 'dax') return 'mmap of kind dax: there is no device memory to map';
  const { never, needs } = factsOf(step.op);
  const why = never ?? (needs === undefined ? null : LACKING[needs](can));
  return why === null ? null : `${step.op}: ${why}`;
}

/** Of what words of the language need. */
const LACKING: Readonly<Record<NonNullable<Facts['needs']>, (can: LiveCan) => string | null>> = {
  swap: ({ swap }) => (swap ? null : 'there is no swap'),
  uring: ({ uring }) => (uring === 'ok' ? null : `there is no io_uring (${uring})`),
  force: ({ force }) => (force ? null : '/proc/PID/mem writes to no read-only memory here (proc_mem.force_override)'),
  ksm: (
    { ksm },
  ) => (ksm
    ? null
    : 'ksmd is in use, would merge memory of other processes too, or is not to be had (/sys/kernel/mm/ksm)'),
  'soft-dirty': ({ softDirty }) => (softDirty ? null : 'the kernel keeps no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)'),
  uffd: ({ uffd }) => (uffd === 'ok' ? null : `there is no userfaultfd with write protection (${uffd})`),
  remote: ({ remote }) => (remote === 'ok' ? null : `process_vm_readv() of a child is refused (${remote})`),
};

/** At most: of a large folio the whole is counted, even beside small pages that took the place of some of its own. */
function missingLock(steps: readonly Step[], { memlock }: LiveCan): string | null {
  if (memlock < 0) return null;
  const large = steps.some((step) => step.op === 'mmap' && (step.kind === 'thp' || step.kind === 'huge'));
  const hugesIn = (
    start: number,
    nr: number,
  ): number => (large ? Math.floor((start + nr - 1) / HUGE) - Math.floor(start / HUGE) + 1 : 0);
  const pages = steps.reduce(
    (sum, step) => sum + (step.op === 'pin' || step.op === 'mlock' ? step.nr + HUGE * hugesIn(step.start, step.nr) : 0),
    0,
  );
  return pages * PAGE_SIZE <= memlock
    ? null
    : `${pages * PAGE_SIZE >> 10} KiB may come to be locked, allowed are ${memlock >> 10} (ulimit -l)`;
}

/** Without a pool of just the right size a program is run if it cannot tell the difference. */
function missingHuge({ steps, pool }: Program, can: LiveCan): string | null {
  const mapped = steps.reduce(
    (sum, step) => sum + (step.op === 'mmap' && step.kind === 'huge' ? Math.ceil(step.nr / HUGE) : 0),
    0,
  );
  if (mapped === 0 || can.pool) return null;
  const used = mapped * (1 + steps.filter(({ op }) => op === 'fork').length);
  if (can.hugePages === pool || (used <= pool && used <= can.hugePages)) return null;
  const wanted = used <= pool
    ? `${used} huge pages`
    : `a hugetlb pool of ${pool === POOL_DEFAULT ? pool : `just ${pool}`}`;
  return can.hugePages <= 0
    ? 'no hugetlb page is free (vm.nr_hugepages)'
    : `${wanted} may be needed, ${can.hugePages} are free (vm.nr_hugepages)`;
}

function missingSettings({ settings: { thp = 'madvise', mthp = {} } = {} }: Program, can: LiveCan): string | null {
  if (thp !== 'madvise' && thp !== can.thp && !can.thpIsSet)
    return `THP is ${can.thp} and may not be set to ${thp} (transparent_hugepage/enabled)`;
  const missing = Object.entries(mthp).find(([size, mode]) => mode !== 'never' && !can.folios.includes(size));
  return missing === undefined
    ? null
    : `folios of ${missing[0]} cannot be had (transparent_hugepage/hugepages-${missing[0]}B/enabled)`;
}

function missingThp({ steps, settings }: Program, can: LiveCan): string | null {
  const thp = can.thpIsSet ? settings?.thp ?? can.thp : can.thp;
  const asked = steps.some((step) =>
    (step.op === 'mmap' && step.kind === 'thp') || (step.op === 'madvise' && step.advice === 'hugepage')
  );
  if (asked && settings?.thp === undefined && thp !== 'madvise' && thp !== 'always')
    return `THP is ${thp} (transparent_hugepage/enabled)`;
  if (asked && hugeZeroIsOff(can)) return HUGE_ZERO_OFF;
  const roomy = steps.some((step) => step.op === 'mmap' && step.kind === 'anon' && step.nr >= HUGE);
  return roomy && thp === 'always' && settings?.thp !== 'always'
    ? 'THP is always and may not be set to madvise (transparent_hugepage/enabled)'
    : null;
}
