/**
 * A plan carried out on a lane. Every lane notes which calls came to something else than they did when they were
 * recorded and which accesses a signal ended. A lane that models the recorded kernel can be held to more: what faulted
 * there must fault here, and what was stated not to have faulted must not.
 */
import type { Command, Event, LogEntry } from '@cowlab/core';
import type { AccessItem, PlanItem, TracePlan } from '../plan/plan.ts';

/** A model under some policy. A `Lab` is one. */
export interface Lane {
  execute(command: Command): LogEntry;
}

/** A difference between the recording and the lane, at one item. */
export interface Mismatch {
  /**
   * `result`: a call came to something else; `signal`: an access ended in SIGSEGV or SIGBUS; `no-fault`: the recorded
   * kernel served a fault that the lane has no need of; `fault`: an access faults that did not when it was recorded.
   */
  readonly kind: 'result' | 'signal' | 'no-fault' | 'fault';
  /** Number of the item in the plan. */
  readonly item: number;
  readonly what: string;
}

export interface RunReport {
  readonly commands: number;
  /** Sampled faults that fault in this lane too, and those that do not. */
  readonly faults: { readonly here: number; readonly notHere: number };
  readonly mismatches: readonly Mismatch[];
}

export interface RunOptions {
  /** The lane models the kernel that was recorded: hold it to its faults. */
  readonly asRecorded?: boolean;
}

export function runPlan(plan: TracePlan, lane: Lane, { asRecorded = false }: RunOptions = {}): RunReport {
  const mismatches: Mismatch[] = [];
  let commands = 0;
  let here = 0;
  let notHere = 0;
  plan.items.forEach((item, index) => {
    const entries = item.commands.map((command) => lane.execute(command));
    commands += entries.length;
    if (item.kind !== 'access') mismatches.push(...refusals(item, index, entries));
    else {
      const faulted = entries.some(({ events }) => events.some(isFault));
      if (item.faulted && faulted) here++;
      if (item.faulted && !faulted) notHere++;
      mismatches.push(...accessMismatches(item, index, entries, faulted, asRecorded));
    }
  });
  return { commands, faults: { here, notHere }, mismatches };
}

function refusals(item: Exclude<PlanItem, AccessItem>, index: number, entries: readonly LogEntry[]): Mismatch[] {
  const found: Mismatch[] = [];
  entries.forEach(({ command, result }, nth) => {
    const expected = nth === 0 && item.kind === 'call' ? item.returns : null;
    const errno = item.kind === 'call' ? item.errno : null;
    if (errno !== null && !result.ok && result.errno === errno) return;
    if (!result.ok)
      found.push({ kind: 'result', item: index,
        what: `${command.type}: ${result.errno}, ${result.why}; recorded as a success` });
    else if (expected !== null && result.value !== expected) {
      found.push({ kind: 'result', item: index,
        what: `${command.type} returned 0x${result.value.toString(16)}; recorded 0x${expected.toString(16)}` });
    }
  });
  return found;
}

function accessMismatches(
  item: AccessItem,
  index: number,
  entries: readonly LogEntry[],
  faulted: boolean,
  asRecorded: boolean,
): Mismatch[] {
  const where = `${item.access} of 0x${item.addr.toString(16)} by ${item.pid}`;
  const failed = entries.find(({ result }) => !result.ok);
  if (failed !== undefined && !failed.result.ok) {
    const { errno } = failed.result;
    return [{ kind: errno.startsWith('SIG') ? 'signal' : 'result', item: index, what: `${where}: ${errno}` }];
  }
  if (!asRecorded || item.faulted === faulted) return [];
  return item.faulted
    ? [{ kind: 'no-fault', item: index, what: `${where}: the recorded kernel served a fault, the lane has none` }]
    : [{ kind: 'fault', item: index, what: `${where}: stated not to have faulted, the lane faults` }];
}

const FAULTS: ReadonlySet<Event['type']> = new Set<Event['type']>([
  'ZeroPagesMapped',
  'HugeZeroMapped',
  'AnonPagesMapped',
  'HugePageMapped',
  'FilePagesMapped',
  'FilePageCopied',
  'CowBroken',
  'HugeCowBroken',
  'CowReused',
  'PmdSplit',
  'PageSwappedIn',
]);

const isFault = ({ type }: Event): boolean => FAULTS.has(type);
