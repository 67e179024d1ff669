/** Laws about memory that runs out, and about what is left when everybody has gone. */

import { type Command, execute, type Event, inspectMm, inspectPage, type Kernel, PAGE_SIZE, type Result, MAP_ANONYMOUS,
  MAP_HUGETLB, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '@cowlab/core';
import { type Case, LawBroken, machineOf, sound } from './laws.ts';

const SHORTAGES: ReadonlySet<string> = new Set(['ENOMEM', 'EAGAIN', 'SIGBUS', 'EFAULT']);

type Judged = Parameters<typeof sound>[3];

/** Refuse allocation number `nth` of those asked for from now on. */
export function failAllocation(kernel: Kernel, nth: number): { readonly failed: () => string | null } {
  let left = nth;
  let failed: string | null = null;
  kernel.allocates = (what) => {
    if (left-- !== 0) return true;
    failed = what;
    return false;
  };
  return { failed: () => failed };
}

/**
 * One allocation fails: a command fails with an errno that says so or does with less, the world stays sound, and
 * nothing leaks.
 */
export function survivesFailedAllocation(c: Case, nth: number, judged: Judged = {}): void {
  const kernel = machineOf(c);
  const census = new Census();
  const { failed } = failAllocation(kernel, nth);
  c.program.forEach((command, position) => {
    const before = failed() === null ? kernel.world.clone() : null;
    const { events, result } = execute(kernel, command);
    census.add(events);
    if (before !== null && failed() !== null && !result.ok) {
      const otherwise = execute(machineOf(c, before), command).result;
      if (!SHORTAGES.has(result.errno) && (otherwise.ok || otherwise.errno !== result.errno)) {
        throw new LawBroken('survivesFailedAllocation', position,
          `${command.type} without ${failed() ?? ''} comes to ${result.errno}`);
      }
    }
    sound(kernel, position, command, judged);
  });
  tearDown(kernel, census, c.program.length);
}

/** When all tasks have exited and all pins are given back, only files' page caches are left. */
export function leavesNothing(c: Case): void {
  const kernel = machineOf(c);
  const census = new Census();
  for (const command of c.program) census.add(execute(kernel, command).events);
  tearDown(kernel, census, c.program.length);
}

/**
 * The second and third time that the same program runs in one world, it needs no more room than before. Not for
 * policies that remember, nor under a memory limit: the page caches that the first run leaves count against it.
 */
export function reusesRoom(c: Case): void {
  const kernel = machineOf(c);
  const census = new Census();
  const used = Array.from({ length: 3 }, () => {
    for (const command of c.program)
      if (command.type !== 'SetPool' || command.hugetlb !== undefined) census.add(execute(kernel, command).events);
    tearDown(kernel, census, c.program.length);
    return kernel.world.bytesUsed;
  });
  if (used[2] > used[1])
    throw new LawBroken('reusesRoom', c.program.length,
      `${used[1]} bytes in use after the second run, ${used[2]} after the third`);
}

/** A fork() that fails leaves every byte of the parent as it was. */
export function failedForkChangesNoByte(c: Case, nth: number): void {
  const kernel = machineOf(c);
  const census = new Census();
  c.program.forEach((command, position) => {
    const mm = command.type === 'Fork' ? census.mmOf.get(command.task) : undefined;
    if (mm === undefined || command.type !== 'Fork') {
      census.add(execute(kernel, command).events);
      return;
    }
    const before = kernel.world.clone();
    const whole = kernel.allocates;
    const { failed } = failAllocation(kernel, nth);
    const { events, result } = execute(kernel, command);
    kernel.allocates = whole;
    census.add(events);
    if (!result.ok && failed() !== null) sameBytes(c, before, kernel, command.task, mm, position);
  });
}

function sameBytes(c: Case, before: Kernel['world'], kernel: Kernel, task: number, mm: number, position: number): void {
  const [was, is] = [machineOf(c, before), machineOf(c, kernel.world.clone())];
  for (const { start, end } of inspectMm(before, mm).vmas) {
    for (let vpn = start; vpn < end; vpn++) {
      const shown = inspectPage(before, mm, vpn);
      const shows = inspectPage(kernel.world, mm, vpn);
      if (shown.present && shows.present && shown.value !== shows.value) {
        throw new LawBroken('failedForkChangesNoByte', position,
          `page ${vpn} of the parent held ${shown.value} and holds ${shows.value}`);
      }
      const read: Command = { type: 'Load', task, vpn, nr: 1 };
      const [then, now] = [execute(was, read).result, execute(is, read).result];
      if (said(then) !== said(now))
        throw new LawBroken('failedForkChangesNoByte', position,
          `a load of page ${vpn} gave ${said(then)} and gives ${said(now)}`);
    }
  }
}

const said = (result: Result): string => (result.ok ? String(result.value) : result.errno);

/** Who lives, as the log tells it. */
class Census {
  readonly mmOf = new Map<number, number>();
  readonly pins = new Set<number>();
  /**
   * Files somebody created by name, with the pages that their caches hold. Those of shared anonymous memory go with
   * it.
   */
  readonly cached = new Map<number, number>();
  /** Swap slots that hold pages of such files, by file and page. */
  readonly away = new Map<string, number>();
  pool = 0;

  add(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type === 'TaskStarted' || event.type === 'TaskMovedToMm') this.mmOf.set(event.task, event.mm);
      else if (event.type === 'TaskExited') this.mmOf.delete(event.task);
      else if (event.type === 'PinOpened') this.pins.add(event.pin);
      else if (event.type === 'PinClosed') this.pins.delete(event.pin);
      else if (event.type === 'FileCreated' && event.open) this.cached.set(event.file, 0);
      else if ((event.type === 'PageCacheFilled' || event.type === 'DaxMemoryAdded') && this.cached.has(event.file)) {
        this.cached.set(event.file, (this.cached.get(event.file) ?? 0) + event.nr);
        if (event.type === 'PageCacheFilled') {
          for (let i = 0; i < event.nr; i++) this.away.delete(`${event.file} ${event.index + i}`);
        }
      } else if (event.type === 'CachedPageSwappedOut' && this.cached.has(event.file)) {
        this.cached.set(event.file, (this.cached.get(event.file) ?? 0) - 1);
        this.away.set(`${event.file} ${event.index}`, event.slot);
      } else if (event.type === 'PoolSet') this.pool = Math.max(this.pool, event.hugetlb);
    }
  }
}

function tearDown(kernel: Kernel, census: Census, position: number): void {
  const allocates = kernel.allocates;
  kernel.allocates = () => true;
  for (const task of [...census.mmOf.keys()]) census.add(execute(kernel, { type: 'Exit', task }).events);
  for (const pin of [...census.pins]) census.add(execute(kernel, { type: 'Unpin', pin }).events);
  const { world } = kernel;
  const broken = (what: string): never => {
    throw new LawBroken('leavesNothing', position, what);
  };
  const { mms, vmas, tasks, pins, swaps } = world;
  const away = new Set(census.away.values());
  for (const [name, records] of Object.entries({ mms, vmas, tasks, pins, swaps })) {
    for (let id = 0; id < records.count; id++)
      if (records.isLive(id) && !(name === 'swaps' && away.has(id))) broken(`${name} ${id} is still there`);
  }
  for (let file = 0; file < world.files.count; file++)
    if (world.files.isLive(file) && !census.cached.has(file)) broken(`file ${file} is still there`);
  const cached = [...census.cached.values()].reduce((sum, nr) => sum + nr, 0);
  if (world.pages.used !== cached) broken(`${world.pages.used} pages in use, ${cached} of them in page caches`);
  sound(kernel, position, { type: 'SetPool' });
  poolIsFull(kernel, census, position);
  kernel.allocates = allocates;
}

/**
 * The pool is asked, not looked at: as many huge pages as it had can be mapped and touched, in a world that is thrown
 * away.
 */
function poolIsFull(kernel: Kernel, census: Census, position: number): void {
  const probe = machineOf({ geometry: kernel.world.geometry, overlays: [] }, kernel.world.clone());
  const unit = 1 << kernel.world.geometry.bits;
  const map = { type: 'Mmap', task: 0, addr: 0, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB } as const;
  execute(probe, { type: 'SetPool', pagesLimit: 2 ** 30 });
  execute(probe, { type: 'Spawn', task: 0 });
  const { result } = execute(probe, { ...map, length: census.pool * unit * PAGE_SIZE });
  const one = execute(probe, { ...map, length: unit * PAGE_SIZE }).result;
  const touched = result.ok
    ? execute(probe, { type: 'Store', task: 0, vpn: result.value / PAGE_SIZE, nr: census.pool * unit, value: 1 }).result
    : result;
  if (!touched.ok)
    throw new LawBroken('leavesNothing', position,
      `the hugetlb pool had ${census.pool} pages and cannot give them any more: ${touched.why}`);
  if (one.ok)
    throw new LawBroken('leavesNothing', position, `the hugetlb pool had ${census.pool} pages and gives more`);
}
