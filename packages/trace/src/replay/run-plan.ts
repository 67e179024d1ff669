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

export function runPlan(plan: TracePlan, lane: Lane, options: RunOptions = {}): RunReport {
  const running = planSteps(plan, lane, options);
  for (;;) {
    const { done, value } = running.next();
    if (done === true) return value;
  }
}

/** The same, for whoever has something to wait for between two items. */
export function* planSteps(
  plan: TracePlan,
  lane: Lane,
  { asRecorded = false }: RunOptions = {},
): Generator<void, RunReport, undefined> {
  const mismatches: Mismatch[] = [];
  let commands = 0;
  let here = 0;
  let notHere = 0;
  for (let index = 0; index < plan.items.length; index++) {
    const item = plan.items[index];
    commands += item.commands.length;
    let failed: LogEntry | null = null;
    let faulted = false;
    for (let nth = 0; nth < item.commands.length; nth++) {
      const entry = lane.execute(item.commands[nth]);
      if (item.kind !== 'access') refusal(item, index, nth, entry, mismatches);
      else {
        if (!entry.result.ok) failed ??= entry;
        faulted ||= entry.events.some(isFault);
      }
    }
    if (item.kind === 'access') {
      if (item.faulted && faulted) here++;
      if (item.faulted && !faulted) notHere++;
      if (failed !== null || (asRecorded && item.faulted !== faulted))
        mismatches.push(accessMismatch(item, index, failed));
    }
    yield;
  }
  return { commands, faults: { here, notHere }, mismatches };
}

function refusal(
  item: Exclude<PlanItem, AccessItem>,
  index: number,
  nth: number,
  { command, result }: LogEntry,
  found: Mismatch[],
): void {
  const expected = nth === 0 && item.kind === 'call' ? item.returns : null;
  // It failed when it was recorded as well, and acted all the same.
  if (item.kind === 'call' && !result.ok && result.errno === item.errno) return;
  if (!result.ok)
    found.push({ kind: 'result', item: index,
      what: `${command.type}: ${result.errno}, ${result.why}; recorded as a success` });
  else if (expected !== null && result.value !== expected) {
    found.push({ kind: 'result', item: index,
      what: `${command.type} returned 0x${result.value.toString(16)}; recorded 0x${expected.toString(16)}` });
  }
}

/** `failed`: the first command that a signal or an error ended; else it faulted otherwise than it did when recorded. */
function accessMismatch(item: AccessItem, index: number, failed: LogEntry | null): Mismatch {
  const where = `${item.access} of 0x${item.addr.toString(16)} by ${item.pid}`;
  if (failed !== null && !failed.result.ok) {
    const { errno } = failed.result;
    return { kind: errno.startsWith('SIG') ? 'signal' : 'result', item: index, what: `${where}: ${errno}` };
  }
  return item.faulted
    ? { kind: 'no-fault', item: index, what: `${where}: the recorded kernel served a fault, the lane has none` }
    : { kind: 'fault', item: index, what: `${where}: stated not to have faulted, the lane faults` };
}

const FAULTS: ReadonlySet<Event['type']> = new Set<Event['type']>([
  'ZeroPagesMapped',
  'HugeZeroMapped',
  'AnonPagesMapped',
  'AnonFolioMapped',
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
