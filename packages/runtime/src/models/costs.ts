/**
 * What a log cost, in the things that cost: entries visited, pages shared and copied, faults, tables. Counts, not
 * times. A reducer: use it in a `for` loop, or with `scan` on `commits$`.
 */

import { type Command, type CommandType, type Event, type Geometry, hugePages, type LogEntry, PAGE_SIZE,
  X86_64 } from '@cowlab/core';
import type { WorldView } from '../world-view.ts';
import type { ReadModel } from './read-model.ts';

/** Faults served, whoever asked: a CPU, get_user_pages(), mlock(). */
export interface FaultCounts {
  readonly anon: number;
  readonly zero: number;
  /** One per fault, not per page that fault-around maps with it. */
  readonly file: number;
  /** A page was copied. */
  readonly cow: number;
  /** The page was kept. */
  readonly reuse: number;
  readonly swapIn: number;
  readonly thp: number;
  readonly hugetlb: number;
}

/** Pages are base pages unless the name says otherwise. */
export interface CostCounters {
  /** Entries that fork() handled: one for a whole huge page. */
  readonly ptesVisited: number;
  readonly pagesShared: number;
  readonly pagesCopiedAtFork: number;
  /** Small pages; the zero page and private file pages count too. */
  readonly pagesCopiedOnWrite: number;
  readonly pagesReused: number;
  /** Huge pages, at fork() and on write. */
  readonly hugePagesCopied: number;
  readonly pmdsSplit: number;
  readonly pageTablesAllocated: number;
  readonly pagesPinned: number;
  readonly bytesCopied: number;
  readonly syscalls: number;
  readonly faults: FaultCounts;
  readonly forks: { readonly count: number; readonly failed: number };
}

export const NO_COSTS: CostCounters = Object.freeze<CostCounters>({ ptesVisited: 0, pagesShared: 0,
  pagesCopiedAtFork: 0, pagesCopiedOnWrite: 0, pagesReused: 0, hugePagesCopied: 0, pmdsSplit: 0, pageTablesAllocated: 0,
  pagesPinned: 0, bytesCopied: 0, syscalls: 0,
  faults: Object.freeze({ anon: 0, zero: 0, file: 0, cow: 0, reuse: 0, swapIn: 0, thp: 0, hugetlb: 0 }),
  forks: Object.freeze({ count: 0, failed: 0 }) });

/** `costs` with one entry more; `costs` itself stays as it is. */
export function addCosts(costs: CostCounters, entry: LogEntry, geometry: Geometry = X86_64): CostCounters {
  const sum: Tally = { ...costs, faults: { ...costs.faults }, forks: { ...costs.forks } };
  if (IS_SYSCALL[entry.command.type]) sum.syscalls++;
  if (entry.command.type === 'Fork') {
    sum.forks.count++;
    if (!entry.result.ok) sum.forks.failed++;
  }
  for (const event of entry.events) tally(sum, event, entry.command, hugePages(geometry));
  return sum;
}

export function costsOf(log: Iterable<LogEntry>, geometry: Geometry = X86_64): CostCounters {
  let costs = NO_COSTS;
  for (const entry of log) costs = addCosts(costs, entry, geometry);
  return costs;
}

/** The same as a model that a lab can be followed with. */
export class Costs implements ReadModel<CostCounters> {
  private costs = NO_COSTS;

  get value(): CostCounters {
    return this.costs;
  }

  apply(entry: LogEntry, { geometry }: WorldView): void {
    this.costs = addCosts(this.costs, entry, geometry);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends number ? number : Mutable<T[K]> };
type Tally = Mutable<CostCounters>;

/** What a program enters the kernel for by itself. Accesses fault, devices and memory pressure just happen. */
const IS_SYSCALL: Record<CommandType, boolean> = { Spawn: false, CreateFile: true, Mmap: true, Munmap: true,
  Mremap: true, Brk: true, Mprotect: true, Madvise: true, Mlock: true, Load: false, Store: false, Fork: true,
  CloneVm: true, Execve: true, Exit: true, Pin: true, Unpin: true, DeviceStore: false, DeviceLoad: false,
  RemoteLoad: true, RemoteStore: true, Reclaim: false, KsmMerge: false, Migrate: false, Collapse: false,
  SetPool: false };

/** Pages that one read fault maps at most. @kernel mm/memory.c fault_around_bytes */
const FAULT_AROUND_PAGES = 16;

function tally(sum: Tally, event: Event, command: Command, huge: number): void {
  switch (event.type) {
    case 'PtesShared':
      sum.ptesVisited += event.nr;
      sum.pagesShared += event.nr;
      return;
    case 'PagesCopied':
      sum.ptesVisited += event.nr;
      sum.pagesCopiedAtFork += event.nr;
      sum.bytesCopied += event.nr * PAGE_SIZE;
      return;
    case 'SwapPtesShared':
      sum.ptesVisited += event.nr;
      return;
    case 'HugePmdShared':
    case 'HugePudShared':
      sum.ptesVisited++;
      sum.pagesShared += event.type === 'HugePmdShared' ? huge : huge ** 2;
      return;
    case 'HugePageCopied':
      sum.ptesVisited++;
      copiedHuge(sum, huge);
      return;
    case 'HugeCowBroken':
      sum.faults.cow++;
      copiedHuge(sum, huge);
      return;
    case 'CowBroken':
      sum.faults.cow += event.nr;
      copiedOnWrite(sum, event.nr);
      return;
    case 'FilePageCopied':
      sum.faults.file++;
      copiedOnWrite(sum, 1);
      return;
    case 'CowReused':
      sum.pagesReused += event.nr;
      sum.faults.reuse += isOneHugeFault(event, command, huge) ? 1 : event.nr;
      return;
    case 'AnonPagesMapped':
      sum.faults.anon += event.nr;
      return;
    case 'ZeroPagesMapped':
      sum.faults.zero += event.nr;
      return;
    case 'HugeZeroMapped':
      sum.faults.zero++;
      return;
    case 'FilePagesMapped':
      sum.faults.file += event.dirty ? event.nr : windows(event, Math.min(FAULT_AROUND_PAGES, huge));
      return;
    case 'HugePudMapped':
      sum.faults.file++;
      return;
    case 'HugePageMapped':
      sum.faults[event.hugetlb ? 'hugetlb' : 'thp']++;
      return;
    case 'PageSwappedIn':
      sum.faults.swapIn++;
      return;
    case 'PmdSplit':
      sum.pmdsSplit++;
      return;
    case 'PageTableAllocated':
      sum.pageTablesAllocated++;
      return;
    case 'PagesPinned':
      sum.pagesPinned += event.nr;
      return;
    default:
  }
}

function copiedOnWrite(sum: Tally, nr: number): void {
  sum.pagesCopiedOnWrite += nr;
  sum.bytesCopied += nr * PAGE_SIZE;
}

function copiedHuge(sum: Tally, huge: number): void {
  sum.hugePagesCopied++;
  sum.bytesCopied += huge * PAGE_SIZE;
}

/**
 * A run as long as a huge page is one fault on it, or as many on small pages that fill a page table: the fact does not
 * tell. It is taken for small pages only where the command touched every one of them.
 */
function isOneHugeFault(run: { readonly vpn: number; readonly nr: number }, command: Command, huge: number): boolean {
  if (run.nr !== huge || run.vpn % huge !== 0) return false;
  if ('vpn' in command && 'nr' in command) return command.vpn > run.vpn || command.vpn + command.nr < run.vpn + run.nr;
  return command.type !== 'Mlock' || command.addr > run.vpn * PAGE_SIZE
    || command.addr + command.length < (run.vpn + run.nr) * PAGE_SIZE;
}

/** Faults that mapped a run of file pages: one for each window of fault-around that it reaches into. */
function windows(run: { readonly vpn: number; readonly nr: number }, window: number): number {
  return Math.floor((run.vpn + run.nr - 1) / window) - Math.floor(run.vpn / window) + 1;
}
