/** Which addresses were ever mapped, by whom, so that a picture can keep its places while time goes by. */
import type { LogEntry } from '@cowlab/core';
import type { ReadModel } from '@cowlab/runtime';

export interface MappedRange {
  readonly start: number;
  readonly end: number;
}

export interface Mapped {
  /** In address order, apart from each other; two that were mapped one after the other stay two. */
  readonly ranges: readonly MappedRange[];
  /** Every mm that ever lived, ascending. */
  readonly mms: readonly number[];
}

/** More places than this where a mapping began are no rows that anybody could read. */
const CUTS_MAX = 2000;

export class RangesMapped implements ReadModel<Mapped> {
  private readonly ends = new Map<number, number>();
  private readonly cuts = new Set<number>();
  private readonly mms = new Set<number>();

  apply({ events }: Pick<LogEntry, 'events'>): void {
    for (const event of events) {
      if (event.type === 'MmCreated') this.mms.add(event.mm);
      if (event.type !== 'VmaMapped' && event.type !== 'VmaResized') continue;
      this.ends.set(event.start, Math.max(event.end, this.ends.get(event.start) ?? 0));
      if (event.type === 'VmaMapped' && this.cuts.size < CUTS_MAX) this.cuts.add(event.start).add(event.end);
    }
  }

  get value(): Mapped {
    return { ranges: joined(this.ends, this.cuts), mms: [...this.mms].sort((a, b) => a - b) };
  }
}

/** Of several logs, on one picture. */
export function together(all: readonly Mapped[]): Mapped {
  const ends = new Map<number, number>();
  const cuts = new Set<number>();
  for (const { ranges } of all) {
    for (const { start, end } of ranges) {
      ends.set(start, Math.max(end, ends.get(start) ?? 0));
      cuts.add(start).add(end);
    }
  }
  return { ranges: joined(ends, cuts), mms: [...new Set(all.flatMap(({ mms }) => mms))].sort((a, b) => a - b) };
}

function joined(ends: ReadonlyMap<number, number>, cuts: ReadonlySet<number>): MappedRange[] {
  const whole: { start: number; end: number }[] = [];
  for (const [start, end] of [...ends].sort(([a], [b]) => a - b)) {
    const last = whole.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else whole.push({ start, end });
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  let next = 0;
  return whole.flatMap(({ start, end }) => {
    const pieces: MappedRange[] = [];
    let from = start;
    while (next < sorted.length && sorted[next] <= start) next++;
    for (; next < sorted.length && sorted[next] < end; next++) {
      pieces.push({ start: from, end: sorted[next] });
      from = sorted[next];
    }
    return [...pieces, { start: from, end }];
  });
}
