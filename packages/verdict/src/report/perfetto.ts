/**
 * The whole replay as Chrome trace JSON, which ui.perfetto.dev and chrome://tracing read: a process for each pid, its
 * calls as slices, its page faults with what the model did as instants, arrows from fork() to the child, ranges that
 * are held as spans, copied pages as a counter, and what the verdict found at its lines. One microsecond a line where
 * the recording has no times.
 */
import type { Lane } from '@cowlab/composition';
import type { LogEntry } from '@cowlab/core';
import type { PlanItem } from '@cowlab/trace';
import { faultKind } from '../replay/fault-kind.ts';
import { type ReplayInput, visitReplay } from '../replay/replay.ts';
import { hex } from '../story/entities.ts';
import type { Verdict } from '../verdict.ts';

export interface PerfettoEvent {
  readonly ph: 'M' | 'X' | 'i' | 's' | 'f' | 'b' | 'e' | 'C';
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface PerfettoReplay {
  readonly traceEvents: readonly PerfettoEvent[];
  readonly displayTimeUnit: 'ns';
  readonly otherData: Readonly<Record<string, string>>;
}

/** @throws TraceError, RangeError or TypeError where the recording cannot be carried out */
export function perfettoOf(verdict: Verdict, lane: Lane): PerfettoReplay {
  const clock = clockOf(verdict);
  const events = [...names(verdict), ...calls(verdict, clock), ...forks(verdict, clock), ...holds(verdict, clock),
    ...findings(verdict, clock), ...modelled(verdict, lane, clock)];
  return { traceEvents: events.sort((a, b) => a.ts - b.ts), displayTimeUnit: 'ns',
    otherData: { recording: verdict.name, model: lane.name, sentence: verdict.sentence } };
}

const recordsOf = ({ replayInput }: Verdict): ReplayInput['reading']['records'] => replayInput?.reading.records ?? [];

interface Clock {
  atLine(line: number): number;
  atMicros(micros: number, line: number): number;
}

function clockOf(verdict: Verdict): Clock {
  const { reading } = verdict.evidence;
  const records = recordsOf(verdict);
  const first = records.reduce((least, { startMicros }) => Math.min(least, startMicros), Infinity);
  const timed = reading.times !== 'none' && Number.isFinite(first);
  const atLines = new Map(records.map(({ line, startMicros }) => [line, startMicros - first]));
  return { atLine: (line) => (timed ? (atLines.get(line) ?? 0) : line),
    atMicros: (micros, line) => (timed ? micros - first : line) };
}

/** Threads stand below the process that they share their mm with. */
function processOf({ evidence: { story } }: Verdict, pid: number): number {
  return story.tasks.findLast((task) => task.pid === pid)?.leader ?? pid;
}

function names(verdict: Verdict): PerfettoEvent[] {
  return verdict.evidence.story.tasks.flatMap(({ pid, leader }) => {
    const base = { ph: 'M', pid: leader, tid: pid, ts: 0 } as const;
    return [...(pid === leader ? [{ ...base, name: 'process_name', args: { name: `pid ${pid}` } }] : []), { ...base,
      name: 'thread_name', args: { name: String(pid) } }];
  });
}

function calls(verdict: Verdict, clock: Clock): PerfettoEvent[] {
  const records = recordsOf(verdict);
  const next = new Map<number, number>();
  // From the end on, so that a call that does not tell its length ends where its thread's next one begins.
  return records.toReversed().flatMap((record): PerfettoEvent[] => {
    const { pid, line, startMicros } = record;
    const ts = clock.atMicros(startMicros, line);
    const until = next.get(pid) ?? ts + 1;
    next.set(pid, ts);
    const base = { pid: processOf(verdict, pid), tid: pid, ts } as const;
    if (record.kind !== 'syscall')
      return [{ ...base, ph: 'i', s: 't', cat: record.kind, name: `${record.kind} at line ${line}` }];
    const told = record.endMicros === null ? 1 : clock.atMicros(record.endMicros, record.endLine) - ts;
    return [{ ...base, ph: 'X', cat: 'call', name: record.name,
      dur: Math.max(0, Math.min(Math.max(told, 1), until - ts)),
      args: { line, result: record.errno ?? (record.ret === null ? '?' : hex(record.ret)) } }];
  });
}

function forks(verdict: Verdict, clock: Clock): PerfettoEvent[] {
  return verdict.evidence.story.forks.flatMap(({ line, pid, child, id, mm }): PerfettoEvent[] => {
    const began = recordsOf(verdict).find((record) => record.pid === child && record.line > line);
    if (child === null || mm === null || began === undefined) return [];
    const arrow = { name: 'fork()', cat: 'fork', id: id + 1 };
    return [{ ...arrow, ph: 's', pid: processOf(verdict, pid), tid: pid, ts: clock.atLine(line) }, { ...arrow, ph: 'f',
      bp: 'e', pid: child, tid: child, ts: clock.atLine(began.line) }];
  });
}

function holds(verdict: Verdict, clock: Clock): PerfettoEvent[] {
  const { story } = verdict.evidence;
  const end = recordsOf(verdict).at(-1)?.line ?? 0;
  return story.holds.flatMap(({ id, pid, kind, line, endLine, base, bytes }): PerfettoEvent[] => {
    const span = { cat: 'held', id: id + 1, pid: processOf(verdict, pid), tid: pid, name: `buffer ${id}` };
    return [{ ...span, ph: 'b', ts: clock.atLine(line), args: { kind, address: hex(base), bytes } }, { ...span, ph: 'e',
      ts: clock.atLine(endLine ?? end) }];
  });
}

function findings(verdict: Verdict, clock: Clock): PerfettoEvent[] {
  return verdict.claims.filter(({ word }) => word === 'UNSAFE' || word === 'DEPENDS').flatMap((
    { word, hazard, why, lines, kernel },
  ): PerfettoEvent[] => {
    const line = lines.at(-1);
    const record = recordsOf(verdict).find((one) => one.line === line);
    if (line === undefined || record === undefined) return [];
    return [{ ph: 'i', s: 'p', cat: 'finding', pid: processOf(verdict, record.pid), tid: record.pid,
      ts: clock.atLine(line), name: `${word} ${hazard ?? ''}`.trim(), args: { why, kernel: kernel ?? 'all' } }];
  });
}

function modelled(verdict: Verdict, lane: Lane, clock: Clock): PerfettoEvent[] {
  const events: PerfettoEvent[] = [];
  const copied = new Map<number, number>();
  if (verdict.replayInput === null) return events;
  visitReplay(verdict.replayInput, lane, (item, entries) => {
    const { pid, at, source } = item;
    const ts = clock.atMicros(at.micros + at.nanos / 1000, source.line);
    const base = { pid: processOf(verdict, pid), tid: pid, ts } as const;
    if (item.kind === 'access') events.push({ ...base, ph: 'i', s: 't', cat: 'fault', ...servedAs(item, entries) });
    const copies = copiesIn(entries);
    if (copies === 0) return;
    copied.set(pid, (copied.get(pid) ?? 0) + copies);
    events.push({ ...base, ph: 'C', name: 'pages copied', args: { pages: copied.get(pid) } });
  });
  return events;
}

function servedAs(
  item: Extract<PlanItem, { kind: 'access' }>,
  entries: readonly LogEntry[],
): Pick<PerfettoEvent, 'name' | 'args'> {
  const kind = faultKind(entries.flatMap(({ events }) => events));
  const failed = entries.find(({ result }) => !result.ok)?.result;
  const name = failed !== undefined && !failed.ok ? failed.errno : (kind ?? `${item.access} without a fault`);
  return { name, args: { address: hex(item.addr), access: item.access, certainty: item.certainty } };
}

function copiesIn(entries: readonly LogEntry[]): number {
  return entries.flatMap(({ events }) => events).reduce((sum, event) => {
    if (event.type === 'PagesCopied') return sum + event.nr;
    return event.type === 'CowBroken' || event.type === 'FilePageCopied' ? sum + 1 : sum;
  }, 0);
}
