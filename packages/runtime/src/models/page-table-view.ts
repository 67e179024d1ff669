/** What an mm has mapped, as a person would want to see it: rows of pages that are alike, and who else maps them. */

import { inspectMm, type MmSnapshot, type World } from '@cowlab/core';
import { type LeafRun, leafRuns } from './page-runs.ts';

export interface PageTableRow extends LeafRun {
  /** `rw-p`-style, of the mapping. */
  readonly perms: string;
  /** Other mms that map the same frames, in order. */
  readonly sharedWith: readonly number[];
}

export interface PageTableView {
  readonly mm: number;
  readonly rss: MmSnapshot['rss'];
  readonly rows: readonly PageTableRow[];
}

export function pageTableView(world: World, mm: number): PageTableView {
  const { rss, vmas } = inspectMm(world, mm);
  const others = new FrameIndex(world, mm);
  const rows: PageTableRow[] = [];
  for (const { start, end, perms } of vmas) {
    for (const run of leafRuns(world, mm, start, end)) {
      for (const piece of others.cut(run)) append(rows, { ...piece, perms });
    }
  }
  return { mm, rss, rows };
}

/** Rows that only a page table's edge kept apart become one. */
function append(rows: PageTableRow[], row: PageTableRow): void {
  const last = rows.at(-1);
  if (last !== undefined && continues(last, row)) rows[rows.length - 1] = { ...last, nr: last.nr + row.nr };
  else rows.push(row);
}

function continues(a: PageTableRow, b: PageTableRow): boolean {
  return a.vpn + a.nr === b.vpn && a.state === b.state && (a.state !== 'mapped' || a.pfn + a.nr === b.pfn)
    && a.level === b.level && a.perms === b.perms
    && a.writable === b.writable && a.young === b.young && a.dirty === b.dirty
    && a.sharedWith.join() === b.sharedWith.join();
}

/** Which other mms map a frame: their runs in the order of frames. */
class FrameIndex {
  private readonly runs: { readonly pfn: number; readonly nr: number; readonly mm: number }[] = [];
  private longest = 0;

  constructor(world: World, except: number) {
    for (let mm = 0; mm < world.mms.count; mm++) {
      if (mm === except || !world.mms.isLive(mm)) continue;
      for (const { start, end } of inspectMm(world, mm).vmas) {
        for (const { pfn, nr, state } of leafRuns(world, mm, start, end))
          if (state === 'mapped') this.runs.push({ pfn, nr, mm });
      }
    }
    this.runs.sort((a, b) => a.pfn - b.pfn);
    for (const { nr } of this.runs) this.longest = Math.max(this.longest, nr);
  }

  /** The run in pieces that the same others share. */
  *cut(run: LeafRun): Generator<Omit<PageTableRow, 'perms'>> {
    if (run.state !== 'mapped') {
      yield { ...run, sharedWith: [] };
      return;
    }
    const near = this.overlapping(run.pfn, run.pfn + run.nr);
    const edges = new Set([run.pfn, run.pfn + run.nr]);
    for (const other of near)
      for (const edge of [other.pfn, other.pfn + other.nr])
        if (edge > run.pfn && edge < run.pfn + run.nr)
          edges.add(
            edge,
          );
    const sorted = [...edges].sort((a, b) => a - b);
    for (let i = 0; i + 1 < sorted.length; i++) {
      const [pfn, end] = [sorted[i], sorted[i + 1]];
      const sharedWith = [
        ...new Set(near.filter((other) => other.pfn <= pfn && other.pfn + other.nr >= end).map((other) => other.mm)),
      ].sort((a, b) => a - b);
      yield { ...run, vpn: run.vpn + pfn - run.pfn, nr: end - pfn, pfn, sharedWith };
    }
  }

  private overlapping(pfn: number, end: number): typeof this.runs {
    let low = 0;
    let high = this.runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.runs[middle].pfn <= pfn - this.longest) low = middle + 1;
      else high = middle;
    }
    const near: typeof this.runs = [];
    for (; low < this.runs.length && this.runs[low].pfn < end; low++)
      if (this.runs[low].pfn + this.runs[low].nr > pfn) near.push(this.runs[low]);
    return near;
  }
}
