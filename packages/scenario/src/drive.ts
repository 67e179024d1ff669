/**
 * Steps of a program as commands of a machine. Addresses are the driver's business: region r of every process lies at
 * the same place, so a fork() child finds its parent's regions where it expects them.
 */

import { type Command, done, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, type Geometry, hugePages, MAP_ANONYMOUS,
  MAP_FIXED, MAP_HUGETLB, MAP_PRIVATE, MAP_SHARED, MREMAP_MAYMOVE, PAGE_SIZE, PROT_NONE, PROT_READ, PROT_WRITE,
  type Result, taskSizePages } from '@cowlab/core';
import type { MapKind, Prot, Step, StepOf } from './program.ts';

/** What a step came to. The controller refuses slots that hold nothing with ENXIO, which no mm call returns. */
export type StepOutcome = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly errno: string;
  readonly why: string };

/** A pin or pipe slot in use: where its pages were taken. */
export interface Slot {
  /** Number of the pin in the machine. */
  readonly pin: number;
  readonly p: number;
  readonly r: number;
  /** First page of the region that it holds, and how many. */
  readonly start: number;
  readonly nr: number;
}

/** Slots of devices and of pipes are numbered apart; in the machine both are pins. */
const devicePin = (slot: number): number => 2 * slot;
const pipePin = (slot: number): number => 2 * slot + 1;
/** No process that a scenario could name. */
const STORM_CHILD = 4096;
/** Pages of the memfd behind `file` regions, and what page k of it holds. */
const MEMFD_PAGES = 16;
const MEMFD_BASE = 0x80;
/** The device behind `pin`, and the one that stands for pipes. */
const NIC = 1;
const PIPE = 0;

const PROTS: Record<Prot, number> = { none: PROT_NONE, r: PROT_READ, rw: PROT_READ | PROT_WRITE };
const MAP_FLAGS: Record<MapKind, number> = { anon: MAP_PRIVATE | MAP_ANONYMOUS, thp: MAP_PRIVATE | MAP_ANONYMOUS,
  huge: MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, shanon: MAP_SHARED | MAP_ANONYMOUS, file: MAP_PRIVATE,
  rofile: MAP_PRIVATE, sharedfile: MAP_SHARED };

export class Driver {
  readonly pins = new Map<number, Slot>();
  readonly pipes = new Map<number, Slot>();
  /** Processes that run, in the order of their numbers. */
  readonly processes = new Set<number>();
  private readonly files = new Set<number>();
  /** Regions ever mapped, with their sizes in pages: a new mmap replaces what was there. */
  private readonly sizes = new Map<number, number>();
  private readonly slotPages: number;

  constructor(private readonly execute: (command: Command) => Result, geometry: Geometry, pool: number) {
    // Regions lie far apart, so that neighbours never merge and a region can grow.
    this.slotPages = Math.max(hugePages(geometry) * 4, Math.min(2 ** 21, Math.floor(taskSizePages(geometry) / 8)));
    execute({ type: 'SetPool', hugetlb: pool });
    execute({ type: 'Spawn', task: 0 });
    this.processes.add(0);
  }

  /** Page number at which region `r` starts, in every process. */
  regionStart(r: number): number {
    return (r + 1) * this.slotPages;
  }

  step(step: Step): StepOutcome {
    switch (step.op) {
      case 'mmap':
        return this.mmap(step);
      case 'mremap':
        return this.mremap(step);
      case 'munmap':
        return this.execute({ type: 'Munmap', ...this.range(step) });
      case 'madvise':
        return this.execute({ type: 'Madvise', ...this.range(step), advice: step.advice });
      case 'mprotect':
        return this.execute({ type: 'Mprotect', ...this.range(step), prot: PROTS[step.prot] });
      case 'mlock':
      case 'munlock':
        return this.execute({ type: 'Mlock', ...this.range(step), on: step.op === 'mlock' });
      case 'write':
        return this.execute({ type: 'Store', task: step.p, vpn: this.vpn(step.r, step.page), nr: 1,
          value: step.value });
      case 'read':
        return this.execute({ type: 'Load', task: step.p, vpn: this.vpn(step.r, step.page), nr: 1 });
      case 'pvread':
        return this.execute({ type: 'RemoteLoad', task: step.p, vpn: this.vpn(step.r, step.page) });
      case 'pvwrite':
        return this.execute({ type: 'RemoteStore', task: step.p, vpn: this.vpn(step.r, step.page), value: step.value });
      case 'swapout':
        return this.execute({ type: 'Reclaim', task: step.p, vpn: this.vpn(step.r, step.start), nr: step.nr });
      case 'fork':
        return this.started(step.child, this.execute({ type: 'Fork', task: step.p, child: step.child }));
      case 'thread':
        return this.started(step.child, this.execute({ type: 'CloneVm', task: step.p, child: step.child }));
      case 'exec':
        return this.execute({ type: 'Execve', task: step.p });
      case 'exit':
        this.processes.delete(step.p);
        return this.execute({ type: 'Exit', task: step.p });
      case 'pin':
        return this.pin(step, this.pins, devicePin(step.slot), FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE, NIC);
      case 'rpin':
        return this.pin(step, this.pins, devicePin(step.slot), FOLL_PIN | FOLL_LONGTERM, NIC);
      case 'spin':
        return this.pin(step, this.pins, devicePin(step.slot), FOLL_PIN, NIC);
      case 'vmsplice':
        return this.pin(step, this.pipes, pipePin(step.slot), FOLL_GET, PIPE);
      case 'unpin':
        return this.release(this.pins, step.slot);
      // The pipe is the controller's and is there whatever vmsplice() said, so emptying it never fails.
      case 'vdrop':
        return this.pipes.has(step.slot) ? this.release(this.pipes, step.slot) : done();
      case 'devwrite':
        return this.device(step.slot,
          (slot) =>
            this.execute({ type: 'DeviceStore', pin: slot.pin, index: step.page - slot.start, value: step.value }));
      case 'storm':
        return this.storm(step);
      case 'devread':
        return this.device(step.slot,
          (slot) => this.execute({ type: 'DeviceLoad', pin: slot.pin, index: step.page - slot.start }));
    }
  }

  /**
   * One round of the writer, one fork(), one child. Steps run whole here, so that the writer never gets in between
   * and no
   * snapshot tears before one's eyes; what can be told is which pages fork() copied, each at a moment of its own.
   */
  private storm(step: StepOf<'storm'>): StepOutcome {
    const stored = this.execute({ type: 'Store', task: step.p, vpn: this.vpn(step.r, step.start), nr: step.nr,
      value: 1 });
    if (!stored.ok) return stored;
    const forked = this.execute({ type: 'Fork', task: step.p, child: STORM_CHILD });
    return forked.ok ? this.execute({ type: 'Exit', task: STORM_CHILD }) : forked;
  }

  private vpn(r: number, page: number): number {
    return this.regionStart(r) + page;
  }

  private range(
    at: { p: number; r: number; start: number; nr: number },
  ): { task: number; addr: number; length: number } {
    return { task: at.p, addr: this.vpn(at.r, at.start) * PAGE_SIZE, length: at.nr * PAGE_SIZE };
  }

  private mmap(step: StepOf<'mmap'>): StepOutcome {
    const addr = this.regionStart(step.r) * PAGE_SIZE;
    // The whole place: what this process has there may be longer than what another one mapped last.
    if (this.sizes.has(step.r))
      this.execute({ type: 'Munmap', task: step.p, addr, length: this.slotPages * PAGE_SIZE });
    const onFile = step.kind === 'file' || step.kind === 'rofile' || step.kind === 'sharedfile';
    const mapped = this.execute({ type: 'Mmap', task: step.p, addr, length: step.nr * PAGE_SIZE,
      prot: step.kind === 'rofile' ? PROT_READ : PROT_READ | PROT_WRITE, flags: MAP_FIXED | MAP_FLAGS[step.kind],
      ...(onFile ? { file: this.memfd(step.r) } : {}) });
    if (!mapped.ok) return mapped;
    this.sizes.set(step.r, step.nr);
    if (step.kind === 'thp')
      this.execute({ type: 'Madvise', task: step.p, addr, length: step.nr * PAGE_SIZE, advice: 'hugepage' });
    return done();
  }

  private mremap(step: StepOf<'mremap'>): StepOutcome {
    const oldLength = (this.sizes.get(step.r) ?? step.nr) * PAGE_SIZE;
    const newLength = step.nr * PAGE_SIZE;
    const moved = this.execute({ type: 'Mremap', task: step.p, addr: this.regionStart(step.r) * PAGE_SIZE, oldLength,
      newLength, flags: MREMAP_MAYMOVE });
    if (moved.ok) this.sizes.set(step.r, step.nr);
    return moved;
  }

  /** One memfd a region: mapped again, or in another process, it is the same file. */
  private memfd(r: number): number {
    const file = r + 1;
    if (!this.files.has(file)) {
      this.files.add(file);
      this.execute({ type: 'CreateFile', file, kind: 'memfd', nr: MEMFD_PAGES, base: MEMFD_BASE, step: 1 });
    }
    return file;
  }

  private started(child: number, result: Result): StepOutcome {
    if (result.ok) this.processes.add(child);
    return result;
  }

  private pin(
    step: { p: number; slot: number; r: number; start: number; nr: number },
    slots: Map<number, Slot>,
    pin: number,
    flags: number,
    device: number,
  ): StepOutcome {
    const result = this.execute({ type: 'Pin', task: step.p, pin, vpn: this.vpn(step.r, step.start), nr: step.nr, flags,
      device, whole: device !== PIPE });
    if (!result.ok) return result;
    slots.set(step.slot, { pin, p: step.p, r: step.r, start: step.start, nr: result.value });
    return done(device === PIPE ? result.value * PAGE_SIZE : 0);
  }

  private release(slots: Map<number, Slot>, slot: number): StepOutcome {
    const held = slots.get(slot);
    if (held === undefined) return EMPTY_SLOT;
    slots.delete(slot);
    return this.execute({ type: 'Unpin', pin: held.pin });
  }

  private device(slot: number, act: (slot: Slot) => Result): StepOutcome {
    const held = this.pins.get(slot);
    return held === undefined ? EMPTY_SLOT : act(held);
  }
}

const EMPTY_SLOT: StepOutcome = { ok: false, errno: 'ENXIO', why: 'the slot holds nothing' };
