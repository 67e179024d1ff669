/**
 * From a recording to a plan that any lane can run: which commands, in which order, and what each must come to if the
 * lane is true to the kernel that was recorded. Planning asks no policy, so all lanes run the same plan.
 */
import type { Command } from '@cowlab/core';
import { parseAccesses, statesAll } from '../timeline/accesses.ts';
import type { AccessKind } from './access-kind.ts';
import { touchCommand } from './call-commands.ts';
import type { MemoryCall } from '../calls/memory-call.ts';
import { parsePerfFaults } from '../perf/perf-script.ts';
import type { AccessItem, CallItem, PlanItem, PlanSource, SetupItem, TracePlan } from './plan.ts';
import { refuseImplausible } from './plausible.ts';
import { planCall } from './plan-calls.ts';
import { PlanState } from './bookkeeping.ts';
import { PAGE, pageOf, type Process, USER_END } from '../space/shadow.ts';
import { readStrace } from '../strace/strace.ts';
import type { StraceReading, UnreadLine } from '../strace/strace-reading.ts';
import { TraceError } from '../trace-error.ts';
import { interpret } from '../calls/syscalls.ts';
import { mergeTimeline, type TimelineEntry } from '../timeline/timeline.ts';
import { collectUnseen } from '../space/unseen.ts';

export interface Recording {
  readonly name: string;
  /** What strace wrote, or what came of reading it; calls that are in no story of memory need not be in it. */
  readonly strace: string | StraceReading;
  /** What perf script printed of the same run. */
  readonly faults?: string;
  /** Accesses that neither recorder can show, see accesses.ts. */
  readonly accesses?: string;
}

/** An access whose kind a later sample may still change. */
type AccessDraft = Omit<AccessItem, 'commands' | keyof AccessKind> & { readonly judged: AccessKind };

/** @throws TraceError when a part of the recording does not read. */
export function planReplay({ name, strace, faults, accesses }: Recording): TracePlan {
  const reading = typeof strace === 'string' ? readStrace(strace, `${name}.strace`) : strace;
  refuseUnread(reading);
  const calls = interpret(reading.records, `${name}.strace`);
  refuseImplausible(calls, `${name}.strace`);
  const samples = faults === undefined ? [] : parsePerfFaults(faults, `${name}.faults`);
  const stated = accesses === undefined ? [] : parseAccesses(accesses, `${name}.accesses`);
  const roots = findRoots(calls);
  const timeline = withoutRecorder(mergeTimeline(calls, samples, stated), roots);
  const state = new PlanState(name, collectUnseen(timeline, new Set(roots.keys())));
  const setup = [...roots.keys()].flatMap((pid) => state.spawn(pid));
  for (const { line, what } of unreadLines(reading)) state.note(state.straceLine(line), what);
  const drafts = planEntries(state, timeline);
  const items = [setupItem(state, timeline, setup), ...drafts.map((draft, index) => finish(draft, index + 1))];
  const { tasks, registrations, inferred, notes } = state;
  return { name, items, tasks, registrations, inferred, sampled: faults !== undefined,
    stated: statesAll(accesses ?? ''), notes };
}

const unreadLines = ({ unread, torn }: StraceReading): readonly UnreadLine[] =>
  torn === null ? unread : [...unread, torn];

/** A file of which nothing reads is no recording. */
function refuseUnread(reading: StraceReading): void {
  if (reading.records.length > 0) return;
  const [first] = unreadLines(reading);
  throw new TraceError({ file: reading.name, line: first?.line ?? 1, column: first?.column,
    what: first?.what ?? (reading.lines === 0 ? 'the recording is empty' : 'no line is one of strace'),
    mend: first?.mend ?? 'record with strace -f -ttt -y -o FILE' });
}

/** Threads that no clone() in the recording made, and whether execve() is the first that is seen of them. */
function findRoots(calls: readonly MemoryCall[]): Map<number, boolean> {
  const roots = new Map<number, boolean>();
  const known = new Set<number>();
  for (const call of calls) {
    if (!known.has(call.pid)) roots.set(call.pid, call.type === 'execve');
    known.add(call.pid);
    if (call.type === 'clone' && call.child !== null) known.add(call.child);
    if (call.type === 'superseded') known.delete(call.by);
  }
  return roots;
}

/** perf sees strace as well, and the child of strace that is about to become the program. */
function withoutRecorder(timeline: readonly TimelineEntry[], roots: ReadonlyMap<number, boolean>): TimelineEntry[] {
  const begun = new Set<number>();
  return timeline.filter((entry) => {
    if (entry.kind === 'call' && (entry.call.type !== 'execve' || entry.call.ok)) begun.add(entry.pid);
    return entry.kind === 'call' || roots.get(entry.pid) !== true || begun.has(entry.pid);
  });
}

function setupItem(state: PlanState, timeline: readonly TimelineEntry[], setup: readonly Command[]): SetupItem {
  const at = timeline[0]?.at ?? { micros: 0, nanos: 0 };
  const commands = [...state.resources(), ...setup];
  return { kind: 'setup', at, pid: timeline[0]?.pid ?? 0, task: 0, source: state.straceLine(1), commands };
}

function planEntries(state: PlanState, timeline: readonly TimelineEntry[]): (CallItem | AccessDraft)[] {
  const drafts: (CallItem | AccessDraft)[] = [];
  for (const entry of timeline) {
    const process = state.shadow.get(entry.pid);
    // The first item is the setup.
    state.item = drafts.length + 1;
    if (process === undefined) {
      if (entry.kind !== 'call')
        state.note(sourceOf(state, entry), `pid ${entry.pid} does not run then: its access is passed over`);
    } else if (entry.kind === 'fault' && entry.sample.addr >= USER_END) {
      state.note(sourceOf(state, entry),
        `${entry.sample.addr.toString(16)} is not the program's to map: its access is passed over`);
    } else if (entry.kind === 'call') {
      const planned = planCall(state, process, entry.call);
      const { pid, task } = process;
      const base = { at: entry.at, pid, task, source: sourceOf(state, entry) };
      if (planned !== null) drafts.push({ kind: 'call', ...base, call: entry.call.type, ...planned });
    } else {
      drafts.push(planAccess(state, process, entry));
    }
  }
  return drafts;
}

function planAccess(state: PlanState, process: Process, entry: Exclude<TimelineEntry, { kind: 'call' }>): AccessDraft {
  const base = { kind: 'access', at: entry.at, pid: process.pid, task: process.task,
    source: sourceOf(state, entry) } as const;
  if (entry.kind === 'access') {
    const { addr, nrPages, write, why } = entry.access;
    if (write) state.touch(process.mm, pageOf(addr), nrPages, true);
    return { ...base, addr, nrPages, faulted: false,
      judged: { access: write ? 'write' : 'read', certainty: 'stated', why } };
  }
  const { addr, ip, inKernel } = entry.sample;
  return { ...base, addr, nrPages: 1, faulted: true, judged: judge(state, process, addr, !inKernel && ip === addr) };
}

function judge(state: PlanState, { mm }: Process, addr: number, fetch: boolean): AccessKind {
  const region = mm.regions.find(pageOf(addr));
  if (region === undefined)
    return { access: 'read', certainty: 'inferred', why: 'nothing is known to be mapped there' };
  return state.knownPages(mm).judge(pageOf(addr), region, fetch);
}

function sourceOf(state: PlanState, entry: TimelineEntry): PlanSource {
  if (entry.kind === 'call') return state.straceLine(entry.call.line);
  if (entry.kind === 'fault') return { file: `${state.name}.faults`, line: entry.sample.line };
  return { file: `${state.name}.accesses`, line: entry.access.line };
}

/** Every store leaves another byte, so that it shows who sees it. */
const VALUES = 255;

function finish(draft: CallItem | AccessDraft, index: number): PlanItem {
  if (draft.kind === 'call') return draft;
  const { judged, ...item } = draft;
  const { task, addr, nrPages } = item;
  return { ...item, ...judged,
    commands: [touchCommand(task, Math.floor(addr / PAGE), nrPages, judged.access === 'write', 1 + (index % VALUES))] };
}
