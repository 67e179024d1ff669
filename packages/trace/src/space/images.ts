/**
 * The mappings that execve() made, as the touched addresses suggest them. The heuristic, in this order:
 *
 * 1. Touched pages are grouped: a gap of GAP_PAGES, or a range that some call mapped, begins a new group.
 * 2. What lies within STACK_ZONE_PAGES below the highest touched page, above everything that calls mapped, is the
 *    *stack*: private anonymous memory. Pages there that code was fetched from are the *vdso*, and touched pages right
 *    below it its data. Stack pages above the first one that the program touched held its arguments and environment
 *    when it began, if they were not themselves faulted before a fork().
 * 3. Every other group is an ELF image, a private mapping of one file. Its *text* spans the pages that code was fetched
 *    from (a faulting ip is such a fetch too); below it lie the read-only *headers*. Its *data* begins where the loader
 *    takes write permission away, or at the page that execve() itself cleared behind the file's data; behind that page
 *    lies the *bss*, which is anonymous. Between text and data lies *rodata*.
 * 4. With nothing that tells where data begins, all behind the text is data.
 *
 * A region ends at its last touched page: what nobody touched has no effect.
 */
import type { Prot } from '../calls/memory-call.ts';
import type { Evidence, UnseenPage } from './unseen.ts';

export type Role = 'headers' | 'text' | 'rodata' | 'data' | 'bss' | 'stack' | 'vdso';

/** Page numbers; `end` is past the last. */
export interface InferredRegion {
  readonly role: Role;
  readonly start: number;
  readonly end: number;
  readonly prot: Prot;
  /** First page of the group it belongs to, which stands for its file; null if anonymous. */
  readonly group: number | null;
  /** Pages that were there before the program's first step. */
  readonly populated: { readonly start: number; readonly end: number } | null;
}

const GAP_PAGES = 1024;
/** 4 GiB; no loader relocates more. */
const IMAGE_PAGES_MAX = 2 ** 20;
/**
 * The kernel keeps at least 128 MiB between the top of the stack and what mmap() places.
 * @kernel arch/x86/mm/mmap.c mmap_base()
 */
const STACK_ZONE_PAGES = (128 << 20) / 4096 / 2;
/** The vdso's data pages lie right below it. */
const VVAR_PAGES_MAX = 8;

const R: Prot = { read: true, write: false, exec: false };
const RX: Prot = { read: true, write: false, exec: true };
const RW: Prot = { read: true, write: true, exec: false };

export function inferRegions(evidence: Evidence): InferredRegion[] {
  const vpns = new Set(evidence.pages.keys());
  // Every so many pages is enough to keep a long range in one group.
  for (const { start, end } of evidence.protects) {
    for (let vpn = start; vpn < Math.min(end, start + IMAGE_PAGES_MAX); vpn += GAP_PAGES) vpns.add(vpn);
    vpns.add(Math.min(end, start + IMAGE_PAGES_MAX) - 1);
  }
  const sorted = [...vpns].sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  const top = sorted[sorted.length - 1];
  const ceiling = evidence.mapped.reduce((most, [, end]) => Math.max(most, end), 0);
  const inStack = (vpn: number): boolean => vpn >= ceiling && vpn > top - STACK_ZONE_PAGES && isStackHigh(vpn);
  return [
    ...groups(sorted.filter((vpn) => !inStack(vpn)), evidence.mapped).flatMap((group) => imageRegions(group, evidence)),
    ...stackRegions(sorted.filter(inStack), evidence),
  ];
}

/**
 * The stack's top is random within the highest 16 GiB; a program mapped there as well is told apart by `ceiling`.
 * @kernel arch/x86/include/asm/elf.h STACK_RND_MASK
 */
function isStackHigh(vpn: number): boolean {
  return vpn >= 2 ** 35 - 1 - (2 ** 34 + 2 ** 27) / 4096;
}

function groups(sorted: readonly number[], mapped: Evidence['mapped']): number[][] {
  const found: number[][] = [];
  const edges = [...mapped].sort((a, b) => a[0] - b[0]);
  let edge = 0;
  for (const vpn of sorted) {
    const last = found.at(-1);
    const before = last?.at(-1);
    while (edge < edges.length && before !== undefined && edges[edge][0] <= before) edge++;
    const cut = before === undefined || vpn - before > GAP_PAGES || (edge < edges.length && edges[edge][0] <= vpn);
    if (last === undefined || cut) found.push([vpn]);
    else last.push(vpn);
  }
  return found;
}

function imageRegions(group: readonly number[], { pages, protects }: Evidence): InferredRegion[] {
  const [first, last] = [group[0], group[group.length - 1]];
  const code = group.filter((vpn) => pages.get(vpn)?.exec === true);
  const cleared = group.filter((vpn) => pages.get(vpn)?.clearedByExecve === true);
  const textStart = code[0] ?? first;
  const textEnd = code.length === 0 ? first : code[code.length - 1] + 1;
  const relro = protects.filter(({ start }) => start >= first && start <= last).map(({ start }) => start);
  const marks = [...relro, ...cleared].filter((vpn) => vpn >= textEnd);
  const dataStart = marks.length > 0 ? Math.min(...marks) : textEnd;
  const bssStart = cleared.length > 0 ? Math.max(dataStart, cleared[cleared.length - 1] + 1) : last + 1;
  const region = (role: Role, start: number, end: number, prot: Prot): InferredRegion => ({
    role,
    start,
    end,
    prot,
    group: role === 'bss' ? null : first,
    populated: null,
  });
  return [
    region('headers', first, textStart, R),
    region('text', textStart, textEnd, RX),
    region('rodata', textEnd, dataStart, R),
    region('data', dataStart, Math.min(bssStart, last + 1), RW),
    region('bss', bssStart, last + 1, RW),
  ].filter(({ start, end }) => start < end);
}

function stackRegions(zone: readonly number[], { pages }: Evidence): InferredRegion[] {
  if (zone.length === 0) return [];
  const code = zone.filter((vpn) => pages.get(vpn)?.exec === true);
  const vdsoStart = code.length === 0 ? Infinity : (zone.find((vpn) => vpn >= code[0] - VVAR_PAGES_MAX) ?? code[0]);
  const stack = zone.filter((vpn) => vpn < vdsoStart);
  const regions: InferredRegion[] = [];
  if (stack.length > 0) {
    const end = stack[stack.length - 1] + 1;
    regions.push({ role: 'stack', start: stack[0], end, prot: RW, group: null,
      populated: argumentPages(stack, end, pages) });
  }
  if (code.length > 0) {
    const last = zone[zone.length - 1];
    regions.push({ role: 'vdso', start: vdsoStart, end: last + 1, prot: RX, group: vdsoStart, populated: null });
  }
  return regions;
}

/** From the lowest page above which nothing faulted before the first fork(), but some page did after it. */
function argumentPages(
  stack: readonly number[],
  end: number,
  pages: ReadonlyMap<number, UnseenPage>,
): InferredRegion['populated'] {
  const early = stack.filter((vpn) => pages.get(vpn)?.beforeFork === true);
  const start = early.length === 0 ? stack[0] : early[early.length - 1] + 1;
  return start < end ? { start, end } : null;
}
