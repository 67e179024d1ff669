/**
 * Do the fault samples belong to this run, and are they all there? Recorders lie: another clock, another pid namespace,
 * another run, samples that were lost. Samples that fail here are refused, and nothing rests on them.
 */
import type { PerfReading } from '@cowlab/trace';
import type { Story } from '../story/entities.ts';
import type { Told } from '../story/listener.ts';
import { pageOf } from '../story/entities.ts';
import type { Seen } from './seen.ts';

export interface SampleCheck {
  /** Null where they may be used. */
  readonly refused: string | null;
  readonly samples: PerfReading['samples'];
  /** Processes that strace did not record. */
  readonly foreign: number;
  readonly notes: readonly string[];
}

/** perf sees strace, and itself. */
const RECORDERS = /^(perf|perf-exec|strace)$/;
/** More than that between a process's samples and its calls is another clock. */
const CLOCK_MICROS_MAX = 5e6;
/** A part of the samples that nothing else explains. */
const PART_MAX = 0.25;

export function checkSamples(told: Told, perf: PerfReading): SampleCheck {
  const { pids } = told.seen;
  const own = perf.samples.filter(({ tid }) => pids.has(tid));
  const foreign =
    new Set(perf.samples.filter(({ tid, comm }) => !pids.has(tid) && !RECORDERS.test(comm)).map(({ tid }) => tid)).size;
  const notes = [
    ...(foreign > 0 && own.length > 0
      ? [`samples of ${foreign} processes that strace did not record are left out`]
      : []),
    ...(perf.unread.length > perf.withoutAddress
      ? [`${perf.unread.length - perf.withoutAddress} lines of the samples do not read`]
      : []),
  ];
  const refused = reasonToRefuse(told, perf, own);
  return { refused, samples: refused === null ? own : [], foreign, notes };
}

function reasonToRefuse(
  { reading, story, seen }: Told,
  perf: PerfReading,
  own: PerfReading['samples'],
): string | null {
  if (perf.withoutAddress > 0 && perf.samples.length === 0) {
    return 'these samples carry no addresses of data: print with perf script -F comm,pid,tid,time,event,addr,ip '
      + 'what perf record -d recorded';
  }
  if (perf.samples.length === 0) return 'the file holds no page-fault sample';
  if (own.length === 0)
    return 'none of the samples belongs to a recorded process: another pid namespace, or another run';
  if (reading.times !== 'epoch') return 'the strace has no wall clock (-ttt) to place samples by';
  return anotherClock(seen, own) ?? anotherRun(seen, story, own) ?? early(story, seen, own)
    ?? missing(story, own);
}

function anotherClock({ firstMicros: from, lastMicros: to }: Seen, own: PerfReading['samples']): string | null {
  const outside = own.filter(({ micros }) => micros < from - CLOCK_MICROS_MAX || micros > to + CLOCK_MICROS_MAX);
  if (outside.length < own.length / 2) return null;
  return own[0].micros < 1e14
    ? 'the samples count seconds since boot, strace since 1970: record with perf record -k CLOCK_REALTIME'
    : 'the clocks of the samples and of strace differ: record both on one machine with perf record -k CLOCK_REALTIME';
}

/** High addresses are random from run to run: samples of this one meet the mappings of this one. */
function anotherRun({ mappings }: Seen, story: Story, own: PerfReading['samples']): string | null {
  if (mappings.length === 0) return null;
  const lowest = Math.min(...mappings.map(({ start }) => start));
  const highest = Math.max(...mappings.map(({ end }) => end));
  const brks = story.mms.flatMap(({ brk }) => (brk === null ? [] : [brk]));
  const judged = own.filter(({ addr, inKernel }) =>
    !inKernel && addr > 2 ** 32 && addr < highest + 2 ** 40 && addr > lowest - 2 ** 40
  );
  const inStackZone = (addr: number): boolean => addr >= highest;
  const rest = judged.filter(({ addr }) => !inStackZone(addr));
  const known = rest.filter(({ addr }) =>
    mappings.some(({ start, end }) => start <= addr && addr < end)
    || brks.some(({ start, now }) => start <= addr && addr < now)
  );
  const strangers = rest.length - known.length;
  if (known.length === 0 && strangers > 0) return 'the samples are of another run: most touch what nobody mapped';
  const touched = touchedByCalls(story, own);
  return touched
    ?? (strangers > known.length * 3 && strangers > 8
      ? 'the samples are of another run: most touch what nobody mapped'
      : null);
}

/** The break is random as well: a fault just above the one that was recorded, or none there at all. */
function touchedByCalls(story: Story, own: PerfReading['samples']): string | null {
  const brks = story.mms.flatMap(({ brk, pid }) => (brk === null || brk.now <= brk.start ? [] : [{ ...brk, pid }]));
  if (brks.length === 0) return null;
  const met = brks.filter(({ start, now, pid }) =>
    own.some(({ tid, addr }) => tid === pid && start <= addr && addr < now + 4096)
  );
  return met.length > 0 ? null : 'the samples are of another run: none meets the heap that was recorded';
}

/** A page cannot be touched before it is mapped. */
function early(story: Story, { mappings }: Seen, own: PerfReading['samples']): string | null {
  const firsts = new Map(story.tasks.map(({ pid, bornMicros }) => [pid, bornMicros]));
  let before = 0;
  let judged = 0;
  for (const { addr, tid, micros } of own) {
    const made = mappings.filter(({ start, end, pid }) =>
      start <= addr && addr < end
      && (pid === tid || story.tasks.some((task) => task.pid === tid && task.birth === 'cloned'))
    );
    if (made.length === 0) continue;
    judged++;
    if (made.every((one) => micros < one.micros - 50)) before++;
  }
  const unborn =
    own.filter(({ tid, micros }) =>
      story.tasks.find(({ pid }) => pid === tid)?.birth === 'cloned' && micros < (firsts.get(tid) ?? 0) - 50
    ).length;
  return before > judged * PART_MAX || unborn > own.length * PART_MAX
    ? `the samples meet pages before they are mapped (${before} of ${judged}): their clock is early; record both with one clock`
    : null;
}

/** A death by SIGSEGV is a fault: where its sample is missing, others are. */
function missing(story: Story, own: PerfReading['samples']): string | null {
  const deaths = story.faults.filter(({ addr, signal }) => addr !== null && signal === 'SIGSEGV');
  const lost = deaths.filter(({ pid, addr }) =>
    !own.some((sample) => sample.tid === pid && pageOf(sample.addr) === pageOf(addr ?? 0))
  );
  // A child writes its stack before it does anything else, and that page is shared then.
  const silent = story.forks.find(({ child }) =>
    child !== null && story.tasks.some(({ pid }) => pid === child)
    && own.every(({ tid }) => tid !== child)
  );
  if (silent !== undefined)
    return `the samples do not add up: child ${silent.child} of line ${silent.line} has none; some were lost`;
  if (lost.length > 0)
    return `the samples do not add up: the fault of line ${lost[0].line}, by which pid ${
      lost[0].pid
    } died, is not among them; some were lost`;
  return null;
}
