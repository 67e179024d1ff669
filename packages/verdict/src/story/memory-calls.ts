/** Calls that make, change and unmake mappings. */
import type { MemoryCall } from '@cowlab/trace';
import { type Advice, type Hold, type Mm, PAGE, pageEnd, pageOf, type Task, type Vma } from './entities.ts';
import { mappingsOf } from './mappings.ts';
import type { Teller } from './teller.ts';

type CallOf<Type extends MemoryCall['type']> = Extract<MemoryCall, { type: Type }>;

const BLANK: Vma = { line: 0, shared: false, hugetlb: false, path: '', writable: true, advice: null };

export function mmap(teller: Teller, task: Task, call: CallOf<'mmap'>): void {
  if (call.ret === null) return;
  const { mm } = task;
  const [start, end] = [pageOf(call.ret), pageEnd(call.ret, call.lengthBytes)];
  overwrite(teller, task, call.line, start, end, call.flags.fixed ? 'mmap(MAP_FIXED)' : 'mmap()');
  const ring = call.fd === null ? undefined : task.files.get(call.fd.fd);
  if (ring?.kind === 'ring') {
    ring.refs++;
    mm.rings.push({ file: ring, start, end });
  }
  const path = call.fd === null ? '' : call.fd.path || (ring?.path ?? '');
  mm.vmas.set(start, end, { line: call.line, shared: call.flags.shared, hugetlb: call.flags.hugetlb
    || path.startsWith('/dev/hugepages/'), path, writable: call.prot.write, advice: null });
  grown(mm, call.line);
}

/** Whatever was mapped there is gone, and what held it holds pages that the program no longer sees. */
function overwrite(teller: Teller, task: Task, line: number, start: number, end: number, by: string): void {
  for (const hold of heldIn(teller, task.mm, start, end)) {
    const sure = by === 'mmap(MAP_FIXED)';
    teller.taken.push({ line, hold, start: Math.max(start, hold.start), end: Math.min(end, hold.end), by, sure });
  }
  forget(teller, task.mm, line, start, end);
}

export function munmap(teller: Teller, task: Task, line: number, start: number, end: number): void {
  for (const hold of heldIn(teller, task.mm, start, end)) hold.unmappedLine ??= line;
  forget(teller, task.mm, line, start, end);
}

function forget(teller: Teller, mm: Mm, line: number, start: number, end: number): void {
  if (mm.rings.length > 0) {
    const gone = mm.rings.filter((ring) => ring.start < end && start < ring.end);
    for (const ring of gone) {
      mm.rings.splice(mm.rings.indexOf(ring), 1);
      teller.descriptors.drop(ring.file, line, 'munmap()');
    }
  }
  mm.vmas.clear(start, end);
  grown(mm, line);
}

export function mremap(teller: Teller, { mm }: Task, call: CallOf<'mremap'>): void {
  if (call.ret === null) return;
  const start = pageOf(call.oldAddress);
  const end = pageEnd(call.oldAddress, call.oldLengthBytes);
  const to = pageOf(call.ret);
  const newEnd = pageEnd(call.ret, call.newLengthBytes);
  const [first] = mm.vmas.within(start, end);
  const value = first?.value ?? { ...BLANK, line: call.line };
  const held = heldIn(teller, mm, start, end);
  if (!call.dontUnmap) mm.vmas.clear(start, end);
  mm.vmas.set(to, newEnd, value);
  for (const hold of held) {
    if (call.dontUnmap) {
      teller.taken.push({ line: call.line, hold, start: hold.start, end: hold.end, by: 'mremap(MREMAP_DONTUNMAP)',
        sure: true });
    }
    // The pages move along with their entries; the device does not notice.
    hold.base += call.ret - call.oldAddress;
    hold.start += to - start;
    hold.end += to - start;
  }
  grown(mm, call.line);
}

export function brk(teller: Teller, { mm }: Task, { ret, line }: CallOf<'brk'>): void {
  if (ret === null) return;
  if (mm.brk === null) {
    mm.brk = { start: ret, now: ret };
    return;
  }
  const [from, to] = [Math.ceil(mm.brk.now / PAGE), Math.ceil(ret / PAGE)];
  mm.brk = { ...mm.brk, now: ret };
  if (to > from) mm.vmas.set(from, to, { ...BLANK, line, path: '[heap]' });
  else {
    for (const hold of heldIn(teller, mm, to, from)) hold.unmappedLine ??= line;
    mm.vmas.clear(to, from);
  }
  grown(mm, line);
}

const withWritable = ({ line, shared, hugetlb, path, advice }: Vma, writable: boolean): Vma => ({ line, shared, hugetlb,
  path, writable, advice });
const writable = (vma: Vma): Vma => (vma.writable ? vma : withWritable(vma, true));
const unwritable = (vma: Vma): Vma => (vma.writable ? withWritable(vma, false) : vma);

export function mprotect({ mm }: Task, call: CallOf<'mprotect'>): void {
  const end = pageEnd(call.address, call.lengthBytes);
  mm.vmas.change(pageOf(call.address), end, call.prot.write ? writable : unwritable);
  grown(mm, call.line);
}

const KINDS: Readonly<Record<string, Advice['kind'] | 'keeponfork'>> = { MADV_DONTFORK: 'dontfork',
  MADV_DOFORK: 'dofork', MADV_WIPEONFORK: 'wipeonfork', MADV_KEEPONFORK: 'keeponfork' };
/** What a device loses its page by, for sure or under memory pressure. */
const TAKES: Readonly<Record<string, boolean>> = { MADV_DONTNEED: true, MADV_DONTNEED_LOCKED: true, MADV_REMOVE: true,
  MADV_FREE: false, MADV_GUARD_INSTALL: true, MADV_HWPOISON: true, MADV_SOFT_OFFLINE: false };
const KNOWN =
  /^MADV_(NORMAL|RANDOM|SEQUENTIAL|WILLNEED|MERGEABLE|UNMERGEABLE|(NO)?HUGEPAGE|DONTDUMP|DODUMP|COLD|PAGEOUT|POPULATE_(READ|WRITE)|COLLAPSE|GUARD_REMOVE)$/;

export function madvise(teller: Teller, task: Task, call: CallOf<'madvise'>): void {
  const { address, lengthBytes, advice, line, errno } = call;
  const [start, end] = [pageOf(address), pageEnd(address, lengthBytes)];
  const kind = KINDS[advice];
  // Over a gap the kernel goes on and says ENOMEM in the end; EAGAIN and a full table stop it in between.
  const gaps = task.mm.vmas.gaps(start, end);
  const acted = errno === null || errno === 'ENOMEM' || errno === 'EAGAIN';
  if (kind !== undefined && acted) {
    const inPart = errno !== null && gaps.length === 0;
    if (inPart) teller.refused.push({ line, call: 'madvise', errno, mappings: mappingsOf(task.mm) });
    if (errno === null) reveal(task.mm, gaps);
    if (!inPart) advise(teller, task, { line, start, end, failed: errno !== null }, kind);
    return;
  }
  if (errno !== null && errno !== 'ENOMEM') return;
  if (advice === 'MADV_POPULATE_WRITE') store(teller, task, line, start, end, 'madvise(MADV_POPULATE_WRITE)');
  if (Object.hasOwn(TAKES, advice)) {
    for (const hold of heldIn(teller, task.mm, start, end)) {
      const isPrivate = task.mm.vmas.within(Math.max(start, hold.start), Math.min(end, hold.end))
        .every(({ value }) => !value.shared || advice === 'MADV_REMOVE');
      if (!isPrivate) continue;
      teller.taken.push({ line, hold, start: Math.max(start, hold.start), end: Math.min(end, hold.end),
        by: `madvise(${advice})`, sure: TAKES[advice] });
    }
  } else if (!KNOWN.test(advice) && errno === null) {
    teller.doubt(line, `the advice ${advice} of madvise() is not known`, 'look at the line, and name the advice');
  }
}

function advise(
  teller: Teller,
  { mm }: Task,
  { line, start, end, failed }: { readonly line: number; readonly start: number; readonly end: number;
    readonly failed: boolean },
  kind: Advice['kind'] | 'keeponfork',
): void {
  if (kind !== 'keeponfork') teller.protections.push({ line, start, end, kind, mm });
  mm.vmas.change(start, end, (vma) => {
    const was = vma.advice;
    if (kind === 'keeponfork') return { ...vma, advice: was?.kind === 'wipeonfork' ? null : was };
    if (kind === 'dofork') {
      return { ...vma, advice: was?.kind === 'dontfork' ? { kind: 'dofork', line, before: was.line, failed } : was };
    }
    return { ...vma, advice: { kind, line, before: null, failed } };
  });
  grown(mm, line);
}

/** A call that succeeded shows that something is mapped where no call of the recording put it. */
export function reveal(mm: Mm, gaps: readonly { readonly start: number; readonly end: number }[]): void {
  for (const { start, end } of gaps) mm.vmas.set(start, end, BLANK);
}

/** The kernel wrote these pages for the program, or faulted them in for writing: copy-on-write is broken. */
export function store(
  teller: Teller,
  { mm, pid }: Pick<Task, 'mm' | 'pid'>,
  line: number,
  start: number,
  end: number,
  by: string,
): void {
  teller.stores.push({ line, mm, start, end, by, pid });
}

export const heldIn = (teller: Teller, mm: Mm, start: number, end: number): readonly Hold[] =>
  teller.heldIn(mm, start, end);

/** A part by which the number of mappings must have changed to be noted again. */
const LEDGER_PART = 1 / 64;
const LEDGER_STEP_MIN = 4;
/** A longer one is halved: it is looked at in a hundred points. */
const LEDGER_MAX = 4096;

export function grown(mm: Mm, line: number): void {
  const { ledger } = mm;
  const last = ledger.length === 0 ? 0 : ledger[ledger.length - 1].nr;
  if (Math.abs(mm.vmas.all.length - last) < Math.max(LEDGER_STEP_MIN, last * LEDGER_PART)) return;
  const nr = mappingsOf(mm);
  if (ledger.length >= LEDGER_MAX) mm.ledger = ledger.filter((_, at) => at % 2 === 0);
  mm.ledger.push({ line, micros: mm.clock.micros, nr });
  if (nr > mm.peak.nr) mm.peak = { nr, line };
}

const NEAR_LIMIT = 60_000;

/** ENOMEM of a call that makes mappings, where there are so many that it can only be their number. */
export function refusedMapping(teller: Teller, { mm }: Task, line: number, call: string, errno: string): void {
  const mappings = errno === 'ENOMEM' && mm.vmas.all.length > NEAR_LIMIT ? mappingsOf(mm) : 0;
  if (mappings > NEAR_LIMIT) teller.refused.push({ line, call, errno, mappings });
}
