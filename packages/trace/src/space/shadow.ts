/**
 * Who runs in which mm, and what is mapped there, as far as a recording tells: the bookkeeping of planning. It follows
 * the calls only; what a page holds, and what a fault does to it, is the model's business.
 */
import type { CloneData, MemoryCall } from '../calls/memory-call.ts';
import { Regions, type Region } from './regions.ts';

export const PAGE = 4096;
/**
 * End of the user half of the address space, less the guard page.
 * @kernel arch/x86/include/asm/page_64_types.h TASK_SIZE_MAX
 */
export const USER_END = 2 ** 47 - PAGE;
export const pageOf = (addr: number): number => Math.floor(addr / PAGE);
export const pagesUp = (bytes: number): number => Math.ceil(bytes / PAGE);

/** One program in memory: from an execve() to the last process that did not exec since. fork() children share it. */
export interface ImageKey {
  /** Line of the execve(); 0 for a process that ran before the recorder came. */
  readonly line: number;
  readonly pid: number;
  readonly path: string;
}

export class ShadowMm {
  brkStart: number | null = null;
  brk = 0;
  constructor(
    readonly image: ImageKey,
    readonly regions: Regions = new Regions(),
  ) {}
}

export interface Process {
  readonly pid: number;
  /** Number in the model: small, in order of appearance, never used twice. */
  readonly task: number;
  readonly mm: ShadowMm;
  /** Threads of one process: they end together at execve(). */
  readonly group: { readonly leader: number };
  /** The table of descriptors, shared by CLONE_FILES. */
  readonly files: object;
}

export class Shadow {
  private readonly live = new Map<number, Process>();
  private tasks = 0;

  get(pid: number): Process | undefined {
    return this.live.get(pid);
  }

  get processes(): Iterable<Process> {
    return this.live.values();
  }

  get nrTasks(): number {
    return this.tasks;
  }

  /** A process that no clone() in the recording made. */
  spawn(pid: number): Process {
    const mm = new ShadowMm({ line: 0, pid, path: '' });
    return this.add({ pid, task: this.tasks++, mm, group: { leader: pid }, files: {} });
  }

  clone(parent: Process, child: number, call: CloneData): Process {
    const mm = call.cloneVm ? parent.mm : this.copy(parent.mm);
    const files = call.flags.includes('CLONE_FILES') ? parent.files : {};
    return this.add({ pid: child, task: this.tasks++, mm, group: call.thread ? parent.group : { leader: child },
      files });
  }

  /**
   * A new image: the other threads of the process end, and the one that called goes on under the leader's pid, with a
   * table of descriptors of its own. @kernel fs/exec.c begin_new_exec()
   */
  execve(
    process: Process,
    call: Extract<MemoryCall, { type: 'execve' }>,
  ): { readonly now: Process; readonly ended: readonly Process[] } {
    const ended = [...this.live.values()].filter((other) => other !== process && other.group === process.group);
    for (const other of [process, ...ended]) this.end(other);
    const { leader } = process.group;
    const mm = new ShadowMm({ line: call.line, pid: leader, path: call.path });
    return { now: this.add({ ...process, pid: leader, mm, files: {} }), ended };
  }

  end(process: Process): void {
    this.live.delete(process.pid);
  }

  sharersOf(files: object): number {
    return [...this.live.values()].filter((process) => process.files === files).length;
  }

  private add(process: Process): Process {
    this.live.set(process.pid, process);
    return process;
  }

  /** @kernel kernel/fork.c dup_mmap() */
  private copy(mm: ShadowMm): ShadowMm {
    const copied = new ShadowMm(mm.image,
      new Regions(mm.regions.all.filter(({ dontfork }) => !dontfork).map((region) => ({ ...region }))));
    copied.brkStart = mm.brkStart;
    copied.brk = mm.brk;
    return copied;
  }
}

/** Number of a file; the same for every mapping of it. */
export type FileOf = (call: Extract<MemoryCall, { type: 'mmap' }>, process: Process) => number | null;

/** What a call that succeeded maps or unmaps in `mm`. Returns the pages whose old contents are gone. */
export function applyToRegions(
  mm: ShadowMm,
  call: MemoryCall,
  process: Process,
  fileOf: FileOf,
): readonly (readonly [number, number])[] {
  const { regions } = mm;
  switch (call.type) {
    case 'mmap': {
      if (call.ret === null) return [];
      const start = pageOf(call.ret);
      const end = start + pagesUp(call.lengthBytes);
      regions.map({ ...blank, start, end, prot: call.prot, shared: call.flags.shared, file: fileOf(call, process),
        pgoff: pageOf(call.offset) });
      return [[start, end]];
    }
    case 'munmap':
      regions.unmap(pageOf(call.address), pageOf(call.address) + pagesUp(call.lengthBytes));
      return [[pageOf(call.address), pageOf(call.address) + pagesUp(call.lengthBytes)]];
    case 'mremap':
      return call.ret === null ? [] : applyMremap(regions, call, call.ret);
    case 'brk':
      return applyBrk(mm, call.ret);
    case 'mprotect':
      regions.change(pageOf(call.address), pageOf(call.address) + pagesUp(call.lengthBytes),
        (region) => ({ ...region, prot: call.prot }));
      return [];
    case 'madvise': {
      const [start, end] = [pageOf(call.address), pageOf(call.address) + pagesUp(call.lengthBytes)];
      const dontfork = call.advice === 'MADV_DONTFORK' ? true : call.advice === 'MADV_DOFORK' ? false : null;
      if (dontfork !== null) regions.change(start, end, (region) => ({ ...region, dontfork }));
      return call.advice === 'MADV_DONTNEED' ? [[start, end]] : [];
    }
    default:
      return [];
  }
}

const blank: Omit<Region, 'start' | 'end'> = {
  prot: { read: true, write: true, exec: false },
  shared: false,
  file: null,
  pgoff: 0,
  dontfork: false,
  hasAnon: false,
};

/** A region with the fields given and the rest as of fresh private anonymous memory. */
export function regionOf(fields: Partial<Region> & Pick<Region, 'start' | 'end'>): Region {
  return { ...blank, ...fields };
}

function applyMremap(regions: Regions, call: Extract<MemoryCall, { type: 'mremap' }>, ret: number): [number, number][] {
  const start = pageOf(call.oldAddress);
  const oldEnd = start + pagesUp(call.oldLengthBytes);
  const to = pageOf(ret);
  const end = to + pagesUp(call.newLengthBytes);
  const region = regions.find(start);
  if (region === undefined) return [];
  regions.unmap(start, oldEnd);
  regions.map({ ...region, start: to, end, pgoff: region.pgoff + start - region.start });
  return to === start ? [[Math.min(end, oldEnd), oldEnd]] : [[start, oldEnd], [to, end]];
}

function applyBrk(mm: ShadowMm, ret: number | null): [number, number][] {
  if (ret === null) return [];
  if (mm.brkStart === null) {
    mm.brkStart = mm.brk = ret;
    return [];
  }
  const [from, to] = [pagesUp(mm.brk), pagesUp(ret)];
  mm.brk = ret;
  if (to > from) mm.regions.map(regionOf({ start: from, end: to }));
  else if (to < from) mm.regions.unmap(to, from);
  return to < from ? [[to, from]] : [];
}
