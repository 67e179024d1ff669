/** /proc/PID/smaps and status: what fork() would find in a process now. */
import { forkTime, SHIPPED_COSTS } from '../costs/profile.ts';

export interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly shared: boolean;
  /** VmFlags, two letters each: dc DONTCOPY, wf wipe on fork, ht hugetlb, hg and nh THP advice, lo locked. */
  readonly flags: readonly string[];
  /** KiB. */
  readonly rss: number;
  readonly anonymous: number;
  readonly anonHuge: number;
  readonly hugetlb: number;
  readonly swap: number;
}

const HEAD = /^([0-9a-f]+)-([0-9a-f]+) ([-rwx]{3})([ps]) \S+ \S+ \d+ *(.*)$/;

export function parseSmaps(text: string): Mapping[] {
  const mappings: { -readonly [Key in keyof Mapping]: Mapping[Key] }[] = [];
  for (const line of text.split('\n')) {
    const head = HEAD.exec(line);
    const last = mappings.at(-1);
    if (head !== null) {
      mappings.push({ start: parseInt(head[1], 16), end: parseInt(head[2], 16), name: head[5], shared: head[4] === 's',
        flags: [], rss: 0, anonymous: 0, anonHuge: 0, hugetlb: 0, swap: 0 });
      continue;
    }
    const [, key, value] = /^(\w+): +(.*)$/.exec(line) ?? [];
    if (last === undefined || key === undefined) continue;
    const kib = Number.parseInt(value, 10);
    if (key === 'VmFlags') last.flags = value.trim().split(/\s+/);
    else if (key === 'Rss') last.rss = kib;
    else if (key === 'Anonymous') last.anonymous = kib;
    else if (key === 'AnonHugePages') last.anonHuge = kib;
    else if (key === 'Private_Hugetlb') last.hugetlb = kib;
    else if (key === 'Swap') last.swap = kib;
  }
  return mappings;
}

export interface Inspection {
  readonly sentence: string;
  readonly mappings: number;
  readonly mappingsMax: number;
  readonly threads: number;
  /** KiB. */
  readonly pinned: number;
  readonly copied: number;
  readonly dontfork: number;
  readonly dontforkRanges: number;
  readonly wiped: number;
  readonly hugetlb: number;
  readonly anonHuge: number;
  readonly swapped: number;
  /** Microseconds of the call alone, as two machines measured it, and with early copies of all that is pinned. */
  readonly forkMicros: readonly [number, number];
  readonly forkMicrosPinned: readonly [number, number];
  readonly notes: readonly string[];
}

export function inspect(smaps: string, status: string, limits: { readonly mapCount: number }): Inspection {
  const all = parseSmaps(smaps);
  const of = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  const sum = (list: readonly Mapping[], key: 'anonymous' | 'rss' | 'swap' | 'hugetlb' | 'anonHuge'): number =>
    list.reduce((total, one) => total + one[key], 0);
  const left = all.filter(({ flags }) => flags.includes('dc'));
  const wiped = all.filter(({ flags }) => flags.includes('wf'));
  const walked = all.filter(({ shared, flags }) => !shared && !flags.includes('dc') && !flags.includes('wf'));
  const [pinned, threads] = [of('VmPin'), of('Threads')];
  const copied = sum(walked, 'anonymous');
  const pages = (copied - sum(walked, 'anonHuge')) / 4;
  const micros = (machine: 0 | 1, early: number): number =>
    Math.round(forkTime(SHIPPED_COSTS[machine], { shared: pages, early: early / 4 }).middle / 1000);
  const found = { mappings: all.length, mappingsMax: limits.mapCount, threads, pinned, copied,
    dontfork: sum(left, 'rss'),
    dontforkRanges:
      left.filter(({ name }) => !/^\[(vvar|vdso|vsyscall)/.test(name) && !/^\/dev\/|anon_inode/.test(name)).length,
    wiped: sum(wiped, 'rss'), hugetlb: sum(walked, 'hugetlb'), anonHuge: sum(walked, 'anonHuge'),
    swapped: sum(walked, 'swap'), forkMicros: [micros(0, 0), micros(1, 0)] as const,
    forkMicrosPinned: [micros(0, pinned), micros(1, pinned)] as const };
  return { ...found, sentence: sentenceOf(found), notes: notesOf(found) };
}

type Found = Omit<Inspection, 'sentence' | 'notes'>;
const kib = (nr: number): string => `${nr.toLocaleString('en')} KiB`;

function sentenceOf({ copied, pinned, dontforkRanges, forkMicros, forkMicrosPinned }: Found): string {
  const holes = dontforkRanges === 0 ? '' : `, and leave ${dontforkRanges} ranges out of the child (MADV_DONTFORK)`;
  if (pinned === 0)
    return `fork() now would share ${kib(copied)} of private memory${holes}, in about ${
      forkMicros.join(' to ')
    } microseconds; nothing is accounted as pinned (VmPin).`;
  return `fork() now would share ${kib(copied)} of private memory${holes}; ${
    kib(pinned)
  } are pinned (VmPin): kernels since 5.9 copy them at once, about ${
    forkMicrosPinned.join(' to ')
  } microseconds, kernels before lose them to whoever stores first.`;
}

function notesOf({ mappings, mappingsMax, pinned, threads, hugetlb, swapped }: Found): string[] {
  return [
    ...(mappings > mappingsMax * 0.8 ? [`H3: ${mappings} mappings of at most ${mappingsMax} (vm.max_map_count)`] : []),
    ...(pinned > 0 && threads > 1 ? [`H5: ${threads} threads may store while fork() copies pinned pages`] : []),
    ...(hugetlb > 0 ? [`H8: ${kib(hugetlb)} of huge pages of a pool; a copy of one needs another`] : []),
    ...(swapped > 0 ? [`${kib(swapped)} are swapped out: fork() shares their slots`] : []),
    'which ranges are pinned, /proc does not tell: VmPin is a sum, and drivers that account nowhere are not in it',
  ];
}
