/** H3: how the number of mappings grew, when it meets the limit at this rate, and the call that met it. */
import { count } from '@cowlab/prose';
import type { Lint } from './claims.ts';
import type { Evidence } from './evidence.ts';
import type { Mm } from '../story/entities.ts';
import { mappingsOf } from '../story/mappings.ts';

/** The kernel's default. @kernel include/linux/mm.h DEFAULT_MAX_MAP_COUNT */
export const MAP_COUNT_MAX = 65530;

export interface LedgerPoint {
  readonly line: number;
  /** Since the recording began; null without times. */
  readonly seconds: number | null;
  readonly mappings: number;
}

export interface Ledger {
  readonly pid: number;
  readonly limit: number;
  /** When its last task was seen, or at the end. */
  readonly mappings: number;
  readonly peak: { readonly mappings: number; readonly line: number };
  /** MADV_DONTFORK that no MADV_DOFORK took back, of so many. */
  readonly unpaired: { readonly left: number; readonly made: number };
  /** Over the second half of what was recorded; null where it does not grow, or without times. */
  readonly perMinute: number | null;
  readonly secondsLeft: number | null;
  /** The call that was refused because there were too many. */
  readonly hitAtLine: number | null;
  readonly points: readonly LedgerPoint[];
}

const POINTS_MAX = 100;
/** Fewer new mappings are a program that starts, and no trend. */
const GROWTH_MIN = 32;

export function ledgersOf(evidence: Evidence): Ledger[] {
  return evidence.story.mms.filter((mm) => mm.ledger.length > 0).map((mm) => ledgerOf(evidence, mm));
}

function ledgerOf({ story, reading, seen, mapCountMax }: Evidence, mm: Mm): Ledger {
  const begin = seen.firstMicros;
  const timed = reading.times !== 'none';
  const points = mm.ledger.map(({ line, micros, nr }): LedgerPoint => ({ line, mappings: nr,
    seconds: timed ? (micros - begin) / 1e6 : null })
  );
  const now = mappingsOf(mm);
  const left = mm.vmas.all.filter(({ value }) => value.advice?.kind === 'dontfork').length;
  const made = story.protections.filter((one) => one.mm === mm && one.kind === 'dontfork').length;
  const perMinute = rateOf(points);
  return { pid: mm.pid, limit: mapCountMax, mappings: now, peak: { mappings: mm.peak.nr, line: mm.peak.line },
    unpaired: { left, made }, perMinute,
    secondsLeft: perMinute === null ? null : Math.max(0, ((mapCountMax - now) / perMinute) * 60),
    hitAtLine: story.refused.find(({ mappings }) => mappings > 0 && mappings >= mm.peak.nr)?.line ?? null,
    points: thinned(points) };
}

/** The slope between the middle of the time and its end: programs map much when they start. */
function rateOf(points: readonly LedgerPoint[]): number | null {
  const [first, last] = [points.at(0), points.at(-1)];
  if (first?.seconds === undefined || first.seconds === null || last?.seconds === undefined || last.seconds === null)
    return null;
  const half = (first.seconds + last.seconds) / 2;
  const middle = points.findLast(({ seconds }) => (seconds ?? 0) <= half) ?? first;
  const [grown, time] = [last.mappings - middle.mappings, last.seconds - (middle.seconds ?? 0)];
  return grown < GROWTH_MIN || time <= 0 ? null : (grown / time) * 60;
}

function thinned(points: readonly LedgerPoint[]): LedgerPoint[] {
  const step = Math.ceil(points.length / POINTS_MAX);
  return points.filter((_, at) => at % step === 0 || at === points.length - 1);
}

export function ledgerLints(evidence: Evidence): Lint[] {
  return [...refusals(evidence), ...ledgersOf(evidence).flatMap((ledger) => trend(evidence, ledger))];
}

function refusals({ story: { refused } }: Evidence): Lint[] {
  return refused.map(({ line, call, errno, mappings }): Lint => ({ hazard: 'H3', lines: [line], kernels: [],
    what: `${call}() at line ${line} failed with ${errno}${
      call === 'madvise' ? ' and no gap in its range' : ''
    }: with about ${mappings} mappings this is the limit of mappings (vm.max_map_count), not of memory${
      call === 'madvise' ? '; the pages are not protected' : ''
    }`, remedy: 'undo each MADV_DONTFORK by MADV_DOFORK, or protect larger ranges' })
  );
}

function trend({ story }: Evidence, ledger: Ledger): Lint[] {
  const { pid, unpaired: { left, made }, peak, limit, mappings, perMinute, secondsLeft } = ledger;
  const leaks = made >= 16 && left >= made / 2;
  // A stretch that grows and shrinks is no trend.
  const rises = perMinute !== null && mappings >= peak.mappings * 0.9;
  if (!leaks && !(rises && mappings > limit / 4)) return [];
  const first = story.protections.find((one) => one.mm.pid === pid)?.line ?? peak.line;
  const rate = rises && perMinute !== null && secondsLeft !== null
    ? `, ${Math.round(perMinute).toLocaleString('en')} a minute: the limit of ${limit} is ${timeText(secondsLeft)} away`
    : leaks
    ? `; at this rate the limit of ${limit} is ${
      Math.max(0, Math.floor(((limit - mappings) * made) / Math.max(1, mappings)))
    } calls away`
    : '';
  return [{ hazard: 'H3', lines: [first, peak.line], kernels: [],
    what: `${
      made === 0 ? '' : `${count(made, 'MADV_DONTFORK', 'MADV_DONTFORK')}, ${count(left, 'range')} never given back: `
    }the mappings of pid ${pid} rose to ${peak.mappings} (line ${peak.line})${rate}`,
    remedy: 'MADV_DOFORK after each unregistration, counted per page; or drop the advice on kernels since 5.9' }];
}

function timeText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}
