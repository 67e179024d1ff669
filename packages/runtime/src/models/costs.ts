/**
 * What a log cost, in the things that cost: entries visited, pages shared and copied, faults, tables. Counts, not
 * times. A reducer: use it in a `for` loop, or with `scan` on `commits$`.
 */

import { type CommandType, type Geometry, hugePages, type LogEntry, X86_64 } from '@cowlab/core';
import type { WorldView } from '../world-view.ts';
import { type CostCounters, NO_COSTS } from './cost-counters.ts';
import { type CostTally, tally } from './cost-rules.ts';
import type { ReadModel } from './read-model.ts';

/** `costs` with one entry more; `costs` itself stays as it is. */
export function addCosts(costs: CostCounters, entry: LogEntry, geometry: Geometry = X86_64): CostCounters {
  const sum: CostTally = { ...costs, faults: { ...costs.faults }, forks: { ...costs.forks } };
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

/** What a program enters the kernel for by itself. Accesses fault, devices and memory pressure just happen. */
const IS_SYSCALL: Record<CommandType, boolean> = { Spawn: false, CreateFile: true, Mmap: true, Munmap: true,
  Mremap: true, Brk: true, Mprotect: true, Madvise: true, Mlock: true, Load: false, Store: false, Fork: true,
  CloneVm: true, Execve: true, Exit: true, ClearRefs: true, UffdOpen: true, UffdRegister: true, UffdUnregister: true,
  UffdProtect: true, UffdCopy: true, Pin: true, Unpin: true, DeviceStore: false, DeviceLoad: false, RemoteLoad: true,
  RemoteStore: true, Reclaim: false, KsmMerge: false, KsmScan: false, Migrate: false, Collapse: false,
  FailAllocations: false, SetPool: false, SetFolios: false };

export const isSyscall = (type: string): boolean => Object.hasOwn(IS_SYSCALL, type) && IS_SYSCALL[type as CommandType];
