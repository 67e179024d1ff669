/**
 * What the recorders saw of mappings that strace never shows: the program, its loader, stack and vdso, all made by
 * execve() itself, and segments whose size shmat() does not tell. Collected over the whole life of an image before
 * anything is planned, because the kernel made these mappings before the first access to them.
 */
import type { Iovec, MemoryCall } from '../calls/memory-call.ts';
import { applyToRegions, type FileOf, type ImageKey, pageOf, pagesUp, regionOf, Shadow, type Process,
  USER_END } from './shadow.ts';
import type { FaultSample } from '../perf/perf-script.ts';
import type { TimelineEntry } from '../timeline/timeline.ts';

/** A page that was touched where no call had mapped anything. */
export interface UnseenPage {
  readonly vpn: number;
  /** Code was fetched from it: some sample's ip lies in it. */
  exec: boolean;
  /** The kernel touched it before the program's first own step: it clears the bytes behind the file's data. */
  clearedByExecve: boolean;
  /** Faulted before the first fork() of the image. */
  beforeFork: boolean;
}

export interface Evidence {
  readonly image: ImageKey;
  /** In the order in which they were first touched. */
  readonly pages: Map<number, UnseenPage>;
  /** mprotect() of what no call had mapped: the loader makes the relocated part of a data segment read-only. */
  readonly protects: { readonly start: number; readonly end: number }[];
  /** Ranges that calls mapped in this image at some time; an unseen mapping does not reach across one. */
  readonly mapped: [number, number][];
  running: boolean;
  forked: boolean;
}

export interface Unseen {
  /** By line of the execve(), or minus the pid of a process that ran before the recorder came. */
  readonly images: ReadonlyMap<number, Evidence>;
  /** Pages of each shared memory segment, by line of the shmat(). */
  readonly segments: ReadonlyMap<number, number>;
}

export const imageId = ({ line, pid }: ImageKey): number => (line === 0 ? -pid : line);

export function collectUnseen(timeline: readonly TimelineEntry[], roots: ReadonlySet<number>): Unseen {
  const collector = new Collector(roots);
  for (const entry of timeline) {
    if (entry.kind === 'call') collector.call(entry.call);
    else if (entry.kind === 'fault') collector.fault(entry.sample);
  }
  return { images: collector.images, segments: collector.segments };
}

/** One buffer of io_uring. @kernel io_uring/rsrc.c io_buffer_validate() */
const HELD_BYTES_MAX = 2 ** 30;
/** Until faults tell more, a segment has one page. */
const SEGMENT_PAGES_MIN = 1;
/** No file is told from another here. */
const anyFile: FileOf = (call) => (call.fd === null ? null : 1);

/**
 * Nothing is ever mapped at the lowest addresses: a touch there is a null pointer's.
 * @kernel security/min_addr.c mmap_min_addr
 */
const LOWEST_ADDRESS = 65536;
export const isMappable = (addr: number): boolean => addr >= LOWEST_ADDRESS && addr < USER_END;

class Collector {
  readonly images = new Map<number, Evidence>();
  readonly segments = new Map<number, number>();
  private readonly shadow = new Shadow();
  /** Attached segments whose end is not known. */
  private open: { readonly line: number; readonly start: number; readonly process: Process }[] = [];

  constructor(roots: ReadonlySet<number>) {
    for (const pid of roots) this.start(this.shadow.spawn(pid));
  }

  call(call: MemoryCall): void {
    const process = this.shadow.get(call.pid);
    if (process === undefined || call.errno !== null) return;
    const evidence = this.evidenceOf(process);
    if (call.type === 'clone' && call.child !== null) {
      this.shadow.clone(process, call.child, call);
      if (!call.cloneVm) evidence.forked = true;
    } else if (call.type === 'execve' && call.ok) this.start(this.shadow.execve(process, call).now);
    else if (call.type === 'exited' || call.type === 'killed') this.shadow.end(process);
    else if (call.type === 'shmat' && call.ret !== null) this.attach(process, call.ret, call.line);
    else if (call.type === 'shmdt') this.detach(process, pageOf(call.address));
    else if (call.returned) this.change(process, call, evidence);
  }

  fault({ tid, addr, ip, inKernel }: FaultSample): void {
    const process = this.shadow.get(tid);
    if (process === undefined || !isMappable(addr)) return;
    const evidence = this.evidenceOf(process);
    const { regions } = process.mm;
    if (!inKernel) {
      evidence.running = true;
      if (isMappable(ip) && regions.find(pageOf(ip)) === undefined) note(evidence, pageOf(ip)).exec = true;
    }
    const vpn = pageOf(addr);
    if (regions.find(vpn) !== undefined || this.grows(process, vpn)) return;
    const page = note(evidence, vpn);
    if (inKernel && !evidence.running) page.clearedByExecve = true;
  }

  private start({ mm: { image } }: Process): void {
    this.images.set(imageId(image), { image, pages: new Map(), protects: [], mapped: [], running: image.line === 0,
      forked: false });
  }

  private evidenceOf({ mm: { image } }: Process): Evidence {
    const found = this.images.get(imageId(image));
    if (found === undefined) throw new RangeError(`no image for pid ${image.pid}`);
    return found;
  }

  private change(process: Process, call: MemoryCall, evidence: Evidence): void {
    const { mm } = process;
    if (call.type === 'mprotect') {
      const start = pageOf(call.address);
      if (!call.prot.write) evidence.protects.push(...mm.regions.holes(start, start + pagesUp(call.lengthBytes)));
    }
    if (call.type === 'ioUringRegisterBuffers' || call.type === 'vmsplice') this.held(mm, call.iovecs, evidence);
    if (call.type === 'brk' && call.ret !== null && mm.brkStart === null)
      evidence.mapped.push([pageOf(call.ret), pageOf(call.ret)]);
    applyToRegions(mm, call, process, anyFile);
    if (call.type === 'mmap' && call.ret !== null) {
      evidence.mapped.push([pageOf(call.ret), pageOf(call.ret) + pagesUp(call.lengthBytes)]);
    }
  }

  /** What a call pinned was mapped: a buffer of the program's own image, in its .bss or .data. */
  private held({ regions }: Process['mm'], iovecs: readonly Iovec[], evidence: Evidence): void {
    for (const { base, lengthBytes } of iovecs) {
      if (base === null || lengthBytes === 0 || !isMappable(base) || lengthBytes > HELD_BYTES_MAX) continue;
      for (const { start, end } of regions.holes(pageOf(base), pagesUp(base + lengthBytes))) {
        for (let vpn = start; vpn < end; vpn++) note(evidence, vpn);
      }
    }
  }

  private attach(process: Process, ret: number, line: number): void {
    const start = pageOf(ret);
    this.segments.set(line, SEGMENT_PAGES_MIN);
    this.open.push({ line, start, process });
    process.mm.regions.map(regionOf({ start, end: start + SEGMENT_PAGES_MIN, shared: true }));
    this.evidenceOf(process).mapped.push([start, start + SEGMENT_PAGES_MIN]);
  }

  private detach({ mm }: Process, start: number): void {
    const region = mm.regions.find(start);
    if (region !== undefined) mm.regions.unmap(region.start, region.end);
    this.open = this.open.filter((segment) => segment.start !== start || segment.process.mm !== mm);
  }

  /** A touch above an attached segment, with nothing mapped between: the segment is at least that long. */
  private grows(process: Process, vpn: number): boolean {
    const below =
      this.open.filter(({ start, process: { mm } }) => start <= vpn && mm.image === process.mm.image).sort((a, b) =>
        b.start - a.start
      )[0];
    if (below === undefined) return false;
    const { line, start } = below;
    const length = this.segments.get(line) ?? SEGMENT_PAGES_MIN;
    const clear = process.mm.regions.all.every((region) => region.end <= start + length || region.start > vpn);
    if (!clear) return false;
    this.segments.set(line, vpn + 1 - start);
    process.mm.regions.map(regionOf({ start, end: vpn + 1, shared: true }));
    return true;
  }
}

function note(evidence: Evidence, vpn: number): UnseenPage {
  const found = evidence.pages.get(vpn);
  if (found !== undefined) return found;
  const page = { vpn, exec: false, clearedByExecve: false, beforeFork: !evidence.forked };
  evidence.pages.set(vpn, page);
  return page;
}
