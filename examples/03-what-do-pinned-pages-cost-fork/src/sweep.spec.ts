import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Cell, KINDS, PAGES, PINNED, sweep } from './sweep.ts';

const HUGE_PAGES = 512;
/** Two dozen programs on a machine that may have other work. */
const PATIENCE_MS = 120_000;
let cells: readonly Cell[] = [];
beforeAll(async () => {
  cells = await sweep();
}, PATIENCE_MS);

const of = (lane: string, kind: string, pinned: number): Cell | undefined =>
  cells.find((cell) => cell.lane === lane && cell.kind === kind && cell.pinned === pinned);

describe('fork() with a part of memory pinned', () => {
  it('has a cell for every kind, part and lane', () => {
    expect(cells).toHaveLength(KINDS.length * PINNED.length * 3);
  });

  it('naive COW loses every pinned page that is written afterwards, the other two lose none', () => {
    for (const { lane, pinned, lost } of cells) expect([lane, lost]).toEqual([lane, lane === 'naive-cow' ? pinned : 0]);
  });

  it('early COW copies as many small pages as are pinned, and naive COW as many later', () => {
    for (const pinned of PINNED) {
      expect(of('early-cow', 'anon', pinned)).toMatchObject({ ptesVisited: PAGES, copiedAtFork: pinned,
        copiedInAll: pinned });
      expect(of('naive-cow', 'anon', pinned)).toMatchObject({ ptesVisited: PAGES, copiedAtFork: 0,
        copiedInAll: pinned });
    }
  });

  it('MADV_DONTFORK spares fork() the pinned pages and copies nothing', () => {
    for (const pinned of PINNED)
      expect(of('dontfork', 'anon', pinned)).toMatchObject({ ptesVisited: PAGES - pinned, copiedInAll: 0 });
  });

  it('one pinned page of a THP makes early COW copy all of the THP', () => {
    expect(of('early-cow', 'thp', 0)).toMatchObject({ ptesVisited: PAGES / HUGE_PAGES, copiedAtFork: 0 });
    expect(of('early-cow', 'thp', 1)).toMatchObject({ ptesVisited: PAGES / HUGE_PAGES - 1 + HUGE_PAGES,
      copiedAtFork: HUGE_PAGES });
  });
});
