/**
 * A seed is a handful of small numbers; interpreted against what the program has done so far (which tasks run, what is
 * mapped where, which pins are held) it becomes commands that mostly make sense. Smaller numbers make tamer commands,
 * so shrinking a seed leads to the plain case.
 */

import { type Command, MAP_FIXED, MAP_FIXED_NOREPLACE, MREMAP_FIXED, MREMAP_MAYMOVE, PAGE_SIZE,
  PROT_READ } from '@cowlab/core';
import { ADVICES, DAX_FILE, type Kind, KINDS, PINS, PROTS, RW, type SEED_WEIGHTS } from './kinds.ts';
import { type Layout, NR_REGIONS } from './layout.ts';

export type SeedOp = keyof typeof SEED_WEIGHTS;

export interface Seed {
  readonly op: SeedOp;
  readonly task: number;
  readonly region: number;
  readonly start: number;
  readonly nr: number;
  readonly value: number;
  /** `ODD_FROM` and more: an argument is bad on purpose. */
  readonly odd: number;
}

export const ODD_MAX = 31;
const ODD_FROM = 28;
const NR_TASKS = 4;
const NR_PINS = 5;
export const HUGETLB_POOL = 2;
const FILE_PAGES = { 1: 'memfd', 2: 'regular' } as const;

/** What a task is taken to have mapped, by region. */
type Space = Map<number, { readonly start: number; readonly nr: number }>;

/** What the program knows of its own doing; guesses, for a command may be refused. */
export class Ledger {
  private readonly spaces = new Map<number, Space>();
  private readonly pins = new Map<number, number>();

  constructor(private readonly layout: Layout) {}

  /** Before the first seed: a pool, a task, two files and some anonymous memory. */
  prologue(): Command[] {
    const { unit } = this.layout;
    this.spaces.set(0, new Map());
    return [
      { type: 'SetPool', hugetlb: HUGETLB_POOL },
      { type: 'Spawn', task: 0 },
      ...Object.entries(FILE_PAGES).map(([file, kind]): Command => ({ type: 'CreateFile', file: Number(file), kind,
        nr: 2 * unit - 1, base: 16 * Number(file), step: 1 })
      ),
      ...this.mmap(0, { op: 'Mmap', task: 0, region: 0, start: 0, nr: 3, value: 0, odd: 0 }),
    ];
  }

  commands(seed: Seed): Command[] {
    const { op, value } = seed;
    const task = this.taskOf(seed);
    switch (op) {
      case 'Spawn':
        return [{ type: op, task: this.started(seed, new Map()) }];
      case 'Fork':
        return [{ type: op, task, child: this.started(seed, new Map(this.spaceOf(task))) }];
      case 'CloneVm':
        return [{ type: op, task, child: this.started(seed, this.spaceOf(task)) }];
      case 'Exit':
        return [this.exited(task)];
      case 'Execve':
        this.spaces.set(task, new Map());
        return [{ type: op, task }];
      case 'CreateFile':
        return [
          value % 5 === 4 && this.layout.pud !== null
            ? { type: op, file: DAX_FILE, kind: 'dax', nr: this.layout.pud.nr, base: 0, step: 1 }
            : { type: op, file: 1 + (value % 4), kind: value % 2 === 0 ? 'memfd' : 'regular', nr: seed.nr, base: value,
              step: 3 },
        ];
      case 'SetPool':
        return [{ type: op,
          pagesLimit: value % 3 === 0 ? (1 + (seed.nr % 3)) * this.layout.unit + seed.start : 2 ** 30 }];
      case 'SetFolios': {
        // Sizes below that of a huge page, which a toy has few of.
        const orders = (1 + value) & (this.layout.unit - 1) & ~1;
        return [{ type: op, thp: value % 5 === 4 ? 'always' : 'madvise', always: seed.nr % 3 > 0 ? orders : 0,
          madvise: seed.nr % 3 === 0 ? orders : 0, inherit: value % 2 === 0 ? orders : 0 }];
      }
      case 'Mmap':
        return this.mmap(task, seed);
      case 'Munmap':
        return [this.munmap(task, seed)];
      case 'Mremap':
        return [this.mremap(task, seed)];
      case 'Brk':
        return [{ type: op, task, addr: this.layout.heap * PAGE_SIZE + (seed.nr % 9) * (PAGE_SIZE / 2) }];
      case 'Mprotect':
        return [{ type: op, ...this.bytes(task, seed), prot: isOdd(seed, 0) ? 64 : PROTS[value % PROTS.length] }];
      case 'Madvise':
        return [{ type: op, ...this.bytes(task, seed), advice: ADVICES[value % ADVICES.length] }];
      case 'Mlock':
        return [{ type: op, ...this.bytes(task, seed), on: value % 3 !== 0 }];
      case 'Load':
        return [{ type: op, task, ...this.pages(task, seed) }];
      case 'Store':
        return [{ type: op, task, ...this.pages(task, seed), value: 1 + (value % 8) }];
      case 'Reclaim':
        return [{ type: op, task, ...this.pages(task, seed) }];
      case 'Migrate':
      case 'Collapse':
        return [{ type: op, task, vpn: this.pages(task, seed).vpn }];
      case 'KsmMerge':
        return this.ksmMerge(task, seed);
      case 'RemoteLoad':
        return [{ type: op, task, vpn: this.pages(task, seed).vpn }];
      case 'RemoteStore':
        return [{ type: op, task, vpn: this.pages(task, seed).vpn, value: 1 + value }];
      case 'Pin':
        return [this.pin(task, seed)];
      case 'Unpin':
        return [{ type: op, pin: this.pinOf(seed, true) }];
      case 'DeviceLoad':
        return [{ type: op, ...this.pinned(seed) }];
      case 'DeviceStore':
        return [{ type: op, ...this.pinned(seed), value: 1 + value }];
    }
  }

  private get tasks(): number[] {
    return [...this.spaces.keys()];
  }

  private spaceOf(task: number): Space {
    return this.spaces.get(task) ?? (new Map() as Space);
  }

  private taskOf(seed: Seed): number {
    return isOdd(seed, 1) ? seed.task + 1 : this.tasks[seed.task % this.tasks.length];
  }

  private started(seed: Seed, space: Space): number {
    let child = isOdd(seed, 2) ? seed.task : 1;
    while (!isOdd(seed, 2) && this.spaces.has(child)) child++;
    // All taken: the command is refused, which is a case too.
    if (child >= NR_TASKS) return seed.task % NR_TASKS;
    if (!this.spaces.has(child)) this.spaces.set(child, space);
    return child;
  }

  private exited(task: number): Command {
    // The last task stays until everything is torn down, or the rest of the program would do nothing.
    const goes = this.spaces.size > 1;
    if (goes) this.spaces.delete(task);
    return { type: 'Exit', task: goes ? task : task + NR_TASKS };
  }

  private mmap(task: number, seed: Seed): Command[] {
    const { lengths, offsets, unit, room, starts } = this.layout;
    const space = this.spaceOf(task);
    const free = starts.map((_, r) => r).filter((r) => !space.has(r));
    // One in four goes over what may be mapped there.
    const region = free.length === 0 || seed.odd % 4 === 3 ? seed.region % NR_REGIONS : free[seed.region % free.length];
    const kind = KINDS[seed.value % KINDS.length];
    if (kind.dax === true) return this.mmapDax(task, kind);
    const { flags, file, huge, prot, readOnlyFile } = kind;
    const offset = huge === undefined ? offsets[seed.start % 3 % offsets.length] : 0;
    const asked = Math.min(lengths[seed.nr % lengths.length], room - offset);
    const nr = huge === undefined || isOdd(seed, 3) ? asked : Math.ceil(asked / unit) * unit;
    const start = starts[region] + offset;
    space.set(region, { start, nr });
    const fixed = seed.start % 7 === 6 ? MAP_FIXED_NOREPLACE : seed.start % 7 === 5 ? 0 : MAP_FIXED;
    const range = { task, addr: start * PAGE_SIZE + (isOdd(seed, 0) ? 8 : 0), length: nr * PAGE_SIZE };
    const mapped: Command = { type: 'Mmap', ...range, prot: prot ?? (seed.start % 11 === 10 ? PROT_READ : RW),
      flags: flags | fixed, ...(file === undefined ? {} : { file, offset: (seed.start % 3) * PAGE_SIZE }),
      ...(readOnlyFile === undefined ? {} : { readOnlyFile }) };
    return huge === 'thp' ? [mapped, { type: 'Madvise', ...range, advice: 'hugepage' }] : [mapped];
  }

  /** A dax file and a mapping of all of it, over whatever was there. */
  private mmapDax(task: number, { flags }: Kind): Command[] {
    const { pud } = this.layout;
    if (pud === null) return [];
    this.spaceOf(task).set(NR_REGIONS, pud);
    return [
      { type: 'CreateFile', file: DAX_FILE, kind: 'dax', nr: pud.nr, base: 0, step: 1 },
      { type: 'Mmap', task, addr: pud.start * PAGE_SIZE, length: pud.nr * PAGE_SIZE, prot: RW, flags: flags | MAP_FIXED,
        file: DAX_FILE },
    ];
  }

  /** ksmd takes only what was said to be mergeable. */
  private ksmMerge(task: number, seed: Seed): Command[] {
    const { vpn } = this.pages(task, seed);
    const intoTask = this.tasks[seed.nr % this.tasks.length];
    const into = this.pages(intoTask, { ...seed, region: seed.value, start: seed.value % 3 }).vpn;
    const page = (of: number, at: number): Command => ({ type: 'Madvise', task: of, addr: at * PAGE_SIZE,
      length: PAGE_SIZE, advice: 'mergeable' });
    return [page(task, vpn), page(intoTask, into), { type: 'KsmMerge', task, vpn, intoTask, intoVpn: into }];
  }

  private munmap(task: number, seed: Seed): Command {
    const range = this.bytes(task, seed);
    const space = this.spaceOf(task);
    const from = Math.floor(range.addr / PAGE_SIZE);
    // What is left of a region is taken to be its head; a tail that is left too is found by accesses that run over.
    for (const [region, { start, nr }] of space) {
      if (from >= start + nr || from < start) continue;
      if (from === start) space.delete(region);
      else space.set(region, { start, nr: from - start });
    }
    return { type: 'Munmap', ...range };
  }

  private mremap(task: number, seed: Seed): Command {
    const { starts, lengths, room, unit } = this.layout;
    const space = this.spaceOf(task);
    const from = regionOf(space, seed);
    const at = space.get(from) ?? { start: starts[from] ?? 0, nr: 1 };
    const newNr = Math.min(lengths[seed.nr % lengths.length], room);
    const to = seed.value % NR_REGIONS;
    const target = starts[to] + (seed.start % 2 === 0 ? 0 : Math.min(1, unit - 1));
    const base = { type: 'Mremap', task, addr: at.start * PAGE_SIZE + (isOdd(seed, 0) ? 1 : 0),
      oldLength: at.nr * PAGE_SIZE, newLength: newNr * PAGE_SIZE } as const;
    if (seed.start % 3 === 0) {
      space.set(from, { start: at.start, nr: Math.min(at.nr, newNr) });
      return { ...base, flags: seed.value % 2 === 0 ? 0 : MREMAP_MAYMOVE };
    }
    space.delete(from);
    space.set(to, { start: target, nr: newNr });
    return { ...base, flags: MREMAP_MAYMOVE | MREMAP_FIXED, newAddr: target * PAGE_SIZE };
  }

  private pin(task: number, seed: Seed): Command {
    const pin = seed.value % NR_PINS;
    const pages = this.pages(task, seed);
    this.pins.set(pin, pages.nr);
    const by = seed.start % 5 === 4 && this.tasks.length > 0 ? { by: this.tasks[seed.nr % this.tasks.length] } : {};
    const flags = PINS[(seed.value + seed.start) % (isOdd(seed, 0) ? PINS.length : 7)];
    return { type: 'Pin', task, pin, ...pages, flags, device: seed.start % 2, ...by,
      ...(seed.nr % 2 === 0 ? { whole: true } : {}) };
  }

  private pinOf(seed: Seed, release = false): number {
    const held = [...this.pins.keys()];
    const pin = held.length === 0 || isOdd(seed, 0) ? seed.value % NR_PINS : held[seed.value % held.length];
    if (release) this.pins.delete(pin);
    return pin;
  }

  private pinned(seed: Seed): { pin: number; index: number } {
    const pin = this.pinOf(seed);
    const nr = this.pins.get(pin) ?? 1;
    return { pin, index: isOdd(seed, 1) ? nr : seed.start % Math.max(1, nr) };
  }

  private pages(task: number, seed: Seed): { vpn: number; nr: number } {
    const { offsets, lengths, starts, limit } = this.layout;
    if (isOdd(seed, 3)) return { vpn: limit - (seed.start % 3), nr: seed.nr % 4 };
    const space = this.spaceOf(task);
    const region = regionOf(space, seed);
    const at = space.get(region) ?? { start: starts[region] ?? 0, nr: 1 };
    const offset = offsets[seed.start % offsets.length] % at.nr;
    // Sometimes two pages further than what is mapped there.
    const last = at.nr + (seed.odd % 8 === 7 ? 2 : 0);
    return { vpn: at.start + offset, nr: Math.min(lengths[seed.nr % lengths.length], last - offset) };
  }

  private bytes(task: number, seed: Seed): { task: number; addr: number; length: number } {
    const { vpn, nr } = this.pages(task, seed);
    return { task, addr: vpn * PAGE_SIZE + (isOdd(seed, 1) ? 512 : 0),
      length: isOdd(seed, 2) ? 0 : nr * PAGE_SIZE - (seed.odd % 5 === 4 ? 100 : 0) };
  }
}

const isOdd = (seed: Seed, which: number): boolean => seed.odd === ODD_FROM + which;

/** A region that is mapped, if one is. */
function regionOf(space: Space, seed: Seed): number {
  const mapped = [...space.keys()];
  return mapped.length === 0 || isOdd(seed, 2) ? seed.region % NR_REGIONS : mapped[seed.region % mapped.length];
}
