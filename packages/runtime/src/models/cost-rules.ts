/**
 * What each kind of fact costs. Most cost the same whichever they are, so that many of a kind can be counted at once.
 */

import { type Command, type Event, type EventType, PAGE_SIZE } from '@cowlab/core';
import type { CostCounters } from './cost-counters.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends number ? number : Mutable<T[K]> };
export type CostTally = Mutable<CostCounters>;

/** Pages that one read fault maps at most. @kernel mm/memory.c fault_around_bytes */
const FAULT_AROUND_PAGES = 16;

export function tally(sum: CostTally, event: Event, command: Command, huge: number): void {
  switch (event.type) {
    case 'CowReused':
      sum.pagesReused += event.nr;
      sum.faults.reuse += isOneHugeFault(event, command, huge) ? 1 : event.nr;
      return;
    case 'FilePagesMapped':
      sum.faults.file += event.dirty ? event.nr : windows(event, Math.min(FAULT_AROUND_PAGES, huge));
      return;
    case 'HugePageMapped':
      sum.faults[event.hugetlb ? 'hugetlb' : 'thp']++;
      return;
    default:
      tallyRuns(sum, event.type, 1, 'nr' in event ? event.nr : 0, huge);
  }
}

/** Facts whose cost depends on more than their number and their pages. */
export const isSingular = (type: string): boolean =>
  type === 'CowReused' || type === 'FilePagesMapped' || type === 'HugePageMapped';

/** `count` facts of one type, of `pages` pages together. Of those that are not singular. */
export function tallyRuns(sum: CostTally, type: string, count: number, pages: number, huge: number): void {
  switch (type as EventType) {
    case 'PtesShared':
      sum.ptesVisited += pages;
      sum.pagesShared += pages;
      return;
    case 'PagesCopied':
      sum.ptesVisited += pages;
      sum.pagesCopiedAtFork += pages;
      sum.bytesCopied += pages * PAGE_SIZE;
      return;
    case 'SwapPtesShared':
      sum.ptesVisited += pages;
      return;
    case 'HugePmdShared':
    case 'HugePudShared':
      sum.ptesVisited += count;
      sum.pagesShared += count * (type === 'HugePmdShared' ? huge : huge ** 2);
      return;
    case 'HugePageCopied':
      sum.ptesVisited += count;
      copiedHuge(sum, count, huge);
      return;
    case 'HugeCowBroken':
      sum.faults.cow += count;
      copiedHuge(sum, count, huge);
      return;
    case 'CowBroken':
      sum.faults.cow += pages;
      copiedOnWrite(sum, pages);
      return;
    case 'FilePageCopied':
      sum.faults.file += count;
      copiedOnWrite(sum, count);
      return;
    case 'AnonPagesMapped':
      sum.faults.anon += pages;
      return;
    case 'AnonFolioMapped':
      sum.faults.anon += count;
      return;
    case 'ZeroPagesMapped':
      sum.faults.zero += pages;
      return;
    case 'HugeZeroMapped':
      sum.faults.zero += count;
      return;
    case 'HugePudMapped':
      sum.faults.file += count;
      return;
    case 'PageSwappedIn':
      sum.faults.swapIn += count;
      return;
    case 'PmdSplit':
      sum.pmdsSplit += count;
      return;
    case 'PageTableAllocated':
      sum.pageTablesAllocated += count;
      return;
    case 'PagesPinned':
      sum.pagesPinned += pages;
      return;
    default:
  }
}

function copiedOnWrite(sum: CostTally, nr: number): void {
  sum.pagesCopiedOnWrite += nr;
  sum.bytesCopied += nr * PAGE_SIZE;
}

function copiedHuge(sum: CostTally, count: number, huge: number): void {
  sum.hugePagesCopied += count;
  sum.bytesCopied += count * huge * PAGE_SIZE;
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
