/**
 * One ordered list from both recorders: the calls that shape an mm, the page faults the kernel served, and the accesses
 * that somebody stated because no recorder can show them.
 *
 * strace writes in the order of what it saw, so calls keep the order of the lines at which they count (see
 * syscalls.ts); samples carry nanoseconds and fall between them. strace cuts its times to the microsecond. Within one
 * microsecond calls go first: a thread that has just been stopped for strace does not fault until strace lets it go on.
 *
 * execve() is moved where that order is known to be wrong. It counts at its first line, but the old image may still
 * fault between that line and the switch of the mm; such samples bear the old `comm`.
 */
import type { StatedAccess } from './accesses.ts';
import type { MemoryCall } from '../calls/memory-call.ts';
import type { Moment } from '../moment.ts';
import type { FaultSample } from '../perf/perf-script.ts';

export type TimelineEntry =
  | { readonly kind: 'call'; readonly at: Moment; readonly pid: number; readonly call: MemoryCall }
  | { readonly kind: 'fault'; readonly at: Moment; readonly pid: number; readonly sample: FaultSample }
  | { readonly kind: 'access'; readonly at: Moment; readonly pid: number; readonly access: StatedAccess };

/** `calls` as `interpret` returns them. Samples are told apart by thread, as strace's lines are. */
export function mergeTimeline(
  calls: readonly MemoryCall[],
  samples: readonly FaultSample[],
  accesses: readonly StatedAccess[] = [],
): TimelineEntry[] {
  const entries = [...callEntries(calls), ...samples.map(faultEntry), ...accesses.map(accessEntry)];
  // Array.sort is stable: what is equally old keeps the order of this concatenation.
  entries.sort((a, b) => a.at.micros - b.at.micros || a.at.nanos - b.at.nanos);
  return settleExecve(entries);
}

/** A clock that was set back must not reorder the lines. */
function callEntries(calls: readonly MemoryCall[]): TimelineEntry[] {
  let latest = 0;
  return calls.map((call) => {
    latest = Math.max(latest, call.atMicros);
    return { kind: 'call', at: { micros: latest, nanos: 0 }, pid: call.pid, call };
  });
}

function faultEntry(sample: FaultSample): TimelineEntry {
  return { kind: 'fault', at: { micros: sample.micros, nanos: sample.nanos }, pid: sample.tid, sample };
}

function accessEntry(access: StatedAccess): TimelineEntry {
  return { kind: 'access', at: access.at, pid: access.pid, access };
}

/** Kernel names of threads are cut to this length. @kernel include/linux/sched.h TASK_COMM_LEN - 1 */
const COMM_LENGTH = 15;

/** Put each execve() behind the last sample of its thread that still bears the old name. */
function settleExecve(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const moved = new Set<number>();
  const after = new Map<number, TimelineEntry[]>();
  const lastComm = new Map<number, string>();
  const ofPid = samplesByPid(entries);
  entries.forEach((entry, index) => {
    if (entry.kind === 'fault') lastComm.set(entry.pid, entry.sample.comm);
    if (entry.kind !== 'call' || entry.call.type !== 'execve' || !entry.call.ok) return;
    const newComm = (entry.call.path.split('/').at(-1) ?? '').slice(0, COMM_LENGTH);
    const until = lastOldSample(ofPid.get(entry.pid) ?? [], index, newComm, lastComm.get(entry.pid));
    if (until === index) return;
    moved.add(index);
    after.set(until, [...(after.get(until) ?? []), entry]);
  });
  return entries.flatMap((entry, index) => [...(moved.has(index) ? [] : [entry]), ...(after.get(index) ?? [])]);
}

interface Numbered {
  readonly index: number;
  readonly comm: string;
}

function samplesByPid(entries: readonly TimelineEntry[]): Map<number, Numbered[]> {
  const found = new Map<number, Numbered[]>();
  entries.forEach((entry, index) => {
    if (entry.kind !== 'fault') return;
    const list = found.get(entry.pid) ?? [];
    list.push({ index, comm: entry.sample.comm });
    found.set(entry.pid, list);
  });
  return found;
}

/** Old samples count only if the new name is seen after them: a program may rename itself, or exec its own namesake. */
function lastOldSample(samples: readonly Numbered[], index: number, newComm: string, known?: string): number {
  const next = samples.findIndex((sample) => sample.index > index);
  if (next < 0) return index;
  const old = known ?? samples[next].comm;
  if (old === newComm) return index;
  let last = index;
  for (const sample of samples.slice(next)) {
    if (sample.comm === newComm) return last;
    if (sample.comm !== old) return index;
    last = sample.index;
  }
  return index;
}
