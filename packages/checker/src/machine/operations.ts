/**
 * Steps of the scenario language as operations of an actor. Calls that no race is asked about run whole, under their
 * locks.
 */
import { accessFrame, ANOTHER_BYTE, accessPath, type Command, drop, execute, FOLL_FAST_ONLY, FOLL_GET, FOLL_LONGTERM,
  FOLL_PIN, FOLL_WRITE, forkFrame, forkPath, type Frame, GUP, gupFrame, gupPath, type Kernel, type LockMode, PIN,
  pinnedFrame, MM, take, TASK, type Traits, unmapFrame, unmapPath, VMA, vmaAtIndex, vmaOf, writeLockVma,
  writeUnlockVmas, done, type Geometry, type Path } from '@cowlab/core';
import { type Advice, Driver, formatStep, type Step, type StepOf } from '@cowlab/scenario';
import type { Moment, Operation, Part } from './actor.ts';
import { clearRefsFrame, clearRefsPath } from './clear-refs.ts';
import { withdrawFrame, withdrawPath } from './withdraw.ts';

/** What actors may do beyond the steps of a program. */
export type RaceStep =
  | Step
  /** `gupfast`: as `pin`, but gives up where the fast path cannot go on (FOLL_FAST_ONLY). */
  | { readonly op: 'gupfast'; readonly p: number; readonly slot: number; readonly r: number; readonly start: number;
    readonly nr: number }
  /** A store to a byte of the page that no step names: what the page shows stays. */
  | { readonly op: 'touch'; readonly p: number; readonly r: number; readonly page: number }
  /** Somebody writes 4 to the clear_refs of its /proc entry. */
  | { readonly op: 'clearrefs'; readonly p: number }
  /** ksmd makes a page read-only to compare it. */
  | { readonly op: 'ksm'; readonly p: number; readonly r: number; readonly page: number };

export function formatRaceStep(step: RaceStep): string {
  if (step.op === 'gupfast') return `gupfast ${step.p} ${step.slot} ${step.r} ${step.start} ${step.nr}`;
  if (step.op === 'clearrefs') return `clearrefs ${step.p}`;
  return step.op === 'ksm' || step.op === 'touch' ? `${step.op} ${step.p} ${step.r} ${step.page}` : formatStep(step);
}

type Holding = Extract<RaceStep, { readonly op: 'pin' | 'rpin' | 'spin' | 'vmsplice' | 'gupfast' }>;

const FLAGS: { readonly [Op in Holding['op']]: number } = { pin: FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE,
  rpin: FOLL_PIN | FOLL_LONGTERM, spin: FOLL_PIN, vmsplice: FOLL_GET, gupfast: FOLL_PIN | FOLL_WRITE | FOLL_FAST_ONLY };

export const isHolding = (step: RaceStep): step is Holding => Object.hasOwn(FLAGS, step.op);

/** Numbers of pins, as the Driver gives them: pipes and devices apart. */
export const pinOf = ({ op, slot }: { readonly op: string; readonly slot: number }): number =>
  2 * slot + (op === 'vmsplice' ? 1 : 0);

/** The open record of a pin that an actor will fill. */
export function openPin(k: Kernel, step: Holding, vpn: number): void {
  const mm = k.world.tasks.get(step.p, TASK.MM);
  k.emit({ type: 'PinOpened', pin: pinOf(step), mm, vpn, nr: step.nr, flags: FLAGS[step.op] & ~FOLL_FAST_ONLY,
    device: step.op === 'vmsplice' ? 0 : 1 });
}

const path = <F extends Frame>(
  of: Path<F>,
  begin: (at: Moment) => F | null,
  enter?: (k: Kernel, f: F) => void,
): Part => ({ kind: 'path', path: of as unknown as Path<Frame>, begin,
  ...(enter !== undefined && { enter: enter as unknown as (k: Kernel, f: Frame) => void }) });
const call = (name: string, run: (at: Moment) => boolean): Part => ({ kind: 'call', name, run });

/** The mm that task `p` runs in, or -1 while it does not exist. */
const mmOf = ({ k }: Moment, p: number): number => (k.world.tasks.isLive(p) ? k.world.tasks.get(p, TASK.MM) : -1);

export class Operations {
  private readonly commands: Command[] = [];
  private readonly driver: Driver;

  /**
   * `geometry` says where regions lie, as it does for the Driver of the setup; `starts`: the first page of each pin.
   */
  constructor(
    geometry: Geometry,
    private readonly starts: ReadonlyMap<number, number>,
    private readonly traits: Traits,
  ) {
    this.driver = new Driver((command) => {
      this.commands.push(command);
      return done();
    }, geometry, 0);
  }

  of(step: RaceStep): Operation {
    return { text: formatRaceStep(step), parts: this.parts(step) };
  }

  vpn(r: number, page: number): number {
    return this.driver.regionStart(r) + page;
  }

  private parts(step: RaceStep): readonly Part[] {
    switch (step.op) {
      case 'fork':
        return this.fork(step);
      case 'pin':
      case 'rpin':
      case 'spin':
      case 'vmsplice':
      case 'gupfast':
        return this.hold(step);
      case 'write':
      case 'touch':
      case 'read': {
        const value = step.op === 'write' ? step.value : step.op === 'touch' ? ANOTHER_BYTE : null;
        return [path(accessPath, (at) => {
          const mm = mmOf(at, step.p);
          return mm < 0 ? null : accessFrame(mm, this.vpn(step.r, step.page), value, at.tlb);
        })];
      }
      case 'unpin':
        return [
          call('all pages of the pin: ref -= grab', (at) => granted(at, 2 * step.slot) && release(at.k, 2 * step.slot)),
        ];
      case 'vdrop':
        return [
          call('pages of the pipe: ref--', (at) => granted(at, 2 * step.slot + 1) && release(at.k, 2 * step.slot + 1)),
        ];
      case 'devwrite':
        return [
          call('device stores',
            (at) => granted(at, 2 * step.slot) && device(at.k, 2 * step.slot, this.indexOf(step), step.value)),
        ];
      case 'devread':
        return [call('device loads', (at) => granted(at, 2 * step.slot))];
      case 'swapout':
        return Array.from({ length: step.nr }, (_, i) => this.unmap(step.p, this.vpn(step.r, step.start + i), 'swap'));
      case 'ksm':
        return [this.unmap(step.p, this.vpn(step.r, step.page), 'ksm')];
      case 'clearrefs':
        return [path(clearRefsPath, (at) => {
          const mm = mmOf(at, step.p);
          return mm < 0 ? null : clearRefsFrame(mm);
        })];
      case 'madvise':
        return this.whole(step, step.p, HOLDS_ALL.includes(step.advice) ? 'mmap-write' : 'mmap-read',
          step.advice === 'dontneed' ? this.withdraw(step, true) : []);
      case 'munmap':
      case 'mprotect':
        return this.whole(step, step.p, 'mmap-write', this.withdraw(step, step.op === 'munmap'));
      case 'mremap':
      case 'move':
      case 'mmap':
      case 'mlock':
      case 'munlock':
      case 'exit':
      case 'exec':
      case 'thread':
        return this.whole(step, step.p, 'mmap-write');
      default:
        throw new RangeError(`${step.op} has no steps that could be interleaved`);
    }
  }

  private fork({ p, child }: StepOf<'fork'>): readonly Part[] {
    return [
      call('allocate mm', (at) => {
        const mm = mmOf(at, p);
        if (mm < 0) return false;
        const to = at.k.world.mms.nextFree();
        at.k.emit({ type: 'MmCreated', mm: to, from: mm });
        at.k.emit({ type: 'TaskStarted', task: child, mm: to, parent: p });
        // It has its mm, but does not run before fork() is through.
        at.watched.world.tasks.set(child, TASK.LIVE, 0);
        return true;
      }),
      path(forkPath, (at) => forkFrame(mmOf(at, p), at.k.world.tasks.get(child, TASK.MM), true), (k, f) => {
        k.page.lend(k.world, f.from, f.src);
      }),
      call('child runs', (at) => {
        if (at.result?.ok !== false) at.watched.world.tasks.set(child, TASK.LIVE, 1);
        return true;
      }),
    ];
  }

  private hold(step: Holding): readonly Part[] {
    const pin = pinOf(step);
    const vpn = this.vpn(step.r, step.start);
    return [
      path(gupPath, (at) => {
        const mm = mmOf(at, step.p);
        return mm < 0 ? null : { ...gupFrame(mm, pin, vpn, step.nr, FLAGS[step.op]), pc: GUP.Mark };
      }),
      call('return to the caller', ({ k, result, watched }) => {
        const taken = result?.ok === true ? result.value : 0;
        // As most drivers do: a short count is given back.
        if (taken > 0 && taken < step.nr && step.op !== 'vmsplice')
          k.emit({ type: 'PagesUnpinned', pin, index: 0, nr: taken });
        watched.grant(pin);
        return true;
      }),
    ];
  }

  /** Pages of a step count from the start of the region, those of a pin from its own start. */
  private indexOf({ slot, page }: { readonly slot: number; readonly page: number }): number {
    return page - (this.starts.get(slot) ?? 0);
  }

  private unmap(p: number, vpn: number, goal: 'swap' | 'ksm'): Part {
    return path(unmapPath, (at) => {
      const mm = mmOf(at, p);
      return mm < 0 ? null : unmapFrame(mm, vmaOf(at.k.world, mm, vpn), vpn, goal);
    });
  }

  /** What a call does to entries of its range, in the kernel's own steps. */
  private withdraw(
    { p, r, start, nr }: { readonly p: number; readonly r: number; readonly start: number; readonly nr: number },
    zap: boolean,
  ): readonly Part[] {
    const first = this.vpn(r, start);
    return [path(withdrawPath, (at) => {
      const mm = mmOf(at, p);
      return mm < 0 ? null : withdrawFrame(mm, first, first + nr, zap);
    })];
  }

  /**
   * A call as one step under the locks that keep all others but fast GUP out, after what of it (`before`) has steps
   * of its own.
   */
  private whole(step: Step, p: number, mode: LockMode, before: readonly Part[] = []): readonly Part[] {
    this.commands.length = 0;
    this.driver.step(step);
    const commands = [...this.commands];
    const lock = (name: string, which: LockMode): Part =>
      call(name, (at) => {
        const mm = mmOf(at, p);
        return mm >= 0 && take(at.k, mm, which, 0) === 0;
      });
    const unlock = (name: string, which: LockMode): Part =>
      call(name, (at) => {
        const mm = mmOf(at, p);
        if (mm >= 0) drop(at.k, mm, which, 0);
        return true;
      });
    const locksVmas = mode === 'mmap-write' && this.traits.faultLock !== 'mmap';
    return [
      lock('lock mmap_lock', mode),
      ...(locksVmas ? [this.lockVmas(p)] : []),
      ...before,
      lock('lock ptl', 'ptl'),
      call(step.op, ({ k }) => {
        for (const command of commands) execute(k, command);
        return true;
      }),
      unlock('unlock ptl', 'ptl'),
      ...(locksVmas ? [this.unlockVmas(p)] : []),
      unlock('unlock mmap_lock', mode),
    ];
  }

  /** All VMAs of the mm, whatever the range: which of them a call comes to is its own business. */
  private lockVmas(p: number): Part {
    return call('lock vmas', (at) => {
      const { world } = at.k;
      const mm = mmOf(at, p);
      const vmas = Array.from({ length: world.mms.get(mm, MM.MAP_COUNT) }, (_, i) => vmaAtIndex(world, mm, i));
      if (vmas.some((vma) => world.vmas.get(vma, VMA.LOCK) > 0)) return false;
      for (const vma of vmas) writeLockVma(at.k, mm, vma, 0);
      return true;
    });
  }

  private unlockVmas(p: number): Part {
    return call('unlock vmas', (at) => {
      const mm = mmOf(at, p);
      if (mm >= 0) writeUnlockVmas(at.k, mm, 0);
      return true;
    });
  }
}

/** These change VMAs, or take the page table away from under all others. */
const HOLDS_ALL: readonly Advice[] = ['collapse', 'mergeable', 'unmergeable'];

const granted = ({ k, watched }: Moment, pin: number): boolean => watched.isGranted(pin) && k.world.pins.isLive(pin);

function release(k: Kernel, pin: number): boolean {
  k.emit({ type: 'PagesUnpinned', pin, index: 0, nr: k.world.pins.get(pin, PIN.NR) });
  return true;
}

/** `page` counts from the start of the region, as in a program. */
function device(k: Kernel, pin: number, index: number, value: number): boolean {
  if (pinnedFrame(k.world, pin, index) >= 0) k.emit({ type: 'DeviceStored', pin, index, value });
  return true;
}
