import { describe, expect, it } from '@jest/globals';
import { type Command, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MREMAP_FIXED, MREMAP_MAYMOVE, PAGE_SIZE, PROT_NONE,
  PROT_READ, PROT_WRITE, stackPolicies, toyGeometry, X86_64 } from '@cowlab/core';
import { Lab } from '../lab.ts';
import { type PageTableRow, pageTableView } from './page-table-view.ts';

const at = (vpn: number, nr: number): { task: number; addr: number; length: number } => ({ task: 0,
  addr: vpn * PAGE_SIZE, length: nr * PAGE_SIZE });
const map = (vpn: number, nr: number, prot = PROT_READ | PROT_WRITE): Command => ({ type: 'Mmap', ...at(vpn, nr), prot,
  flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
const store = (task: number, vpn: number, nr = 1): Command => ({ type: 'Store', task, vpn, nr, value: 7 });
const FORK: Command = { type: 'Fork', task: 0, child: 1 };

function ran(geometry: typeof X86_64, ...commands: readonly Command[]): Lab {
  const lab = new Lab({ policy: stackPolicies([]), geometry });
  for (const command of [{ type: 'Spawn', task: 0 } as const, ...commands]) lab.execute(command);
  return lab;
}

const rows = (lab: Lab, mm: number): unknown[] =>
  pageTableView(lab.world.clone(), mm).rows.map((
    { vpn, nr, state, perms, writable, sharedWith }: PageTableRow,
  ) => [vpn, nr, state, perms, writable ? 'W' : 'R', sharedWith]);

describe('the page table view', () => {
  it('shows pages that are alike as one row, across page tables', () => {
    const lab = ran(X86_64, map(512, 4096), store(0, 600, 2000));
    expect(rows(lab, 0)).toEqual([[600, 2000, 'mapped', 'rw-p', 'W', []]]);
    expect(pageTableView(lab.world.clone(), 0)).toMatchObject({ mm: 0, rss: { anon: 2000, swap: 0 },
      rows: [{ pfn: 1, level: 0, young: true, dirty: true }] });
  });

  it('shows who shares what after fork(), and what a write has parted', () => {
    const lab = ran(toyGeometry(), map(4, 8), store(0, 4, 6), FORK, store(1, 6));
    expect(rows(lab, 0)).toEqual([[4, 2, 'mapped', 'rw-p', 'R', [1]], [6, 1, 'mapped', 'rw-p', 'R', []], [7, 3,
      'mapped', 'rw-p', 'R', [1]]]);
    expect(rows(lab, 1)).toEqual([[4, 2, 'mapped', 'rw-p', 'R', [0]], [6, 1, 'mapped', 'rw-p', 'W', []], [7, 3,
      'mapped', 'rw-p', 'R', [0]]]);
  });

  it('finds a shared frame at whatever address the other has it', () => {
    const move: Command = { type: 'Mremap', task: 0, addr: 4 * PAGE_SIZE, oldLength: 2 * PAGE_SIZE,
      newLength: 2 * PAGE_SIZE, flags: MREMAP_MAYMOVE | MREMAP_FIXED, newAddr: 33 * PAGE_SIZE };
    const lab = ran(toyGeometry(), map(4, 2), store(0, 4, 2), FORK, move);
    expect(rows(lab, 0)).toEqual([[33, 2, 'mapped', 'rw-p', 'R', [1]]]);
    expect(rows(lab, 1)).toEqual([[4, 2, 'mapped', 'rw-p', 'R', [0]]]);
  });

  it('tells zero pages and swapped ones from mapped ones', () => {
    const lab = ran(toyGeometry(), map(4, 8), store(0, 4, 2), { type: 'Load', task: 0, vpn: 6, nr: 3 }, {
      type: 'Reclaim',
      task: 0,
      vpn: 4,
      nr: 1,
    });
    expect(rows(lab, 0)).toEqual([[4, 1, 'swapped', 'rw-p', 'R', []], [5, 1, 'mapped', 'rw-p', 'W', []], [6, 3, 'zero',
      'rw-p', 'R', []]]);
    expect(pageTableView(lab.world.clone(), 0).rows.map(({ pfn }) => pfn)).toEqual([-1, 2, 0]);
  });

  it('shows a huge page as one row of its level, split when it is split', () => {
    const lab = ran(toyGeometry(), map(4, 8), { type: 'Madvise', ...at(4, 8), advice: 'hugepage' }, store(0, 4), FORK);
    expect(pageTableView(lab.world.clone(), 0).rows).toMatchObject([{ vpn: 4, nr: 4, level: 1, sharedWith: [1] }]);
    lab.execute(store(0, 5));
    expect(
      pageTableView(lab.world.clone(), 0).rows.map(({ vpn, nr, level, sharedWith }) => [vpn, nr, level, sharedWith]),
    )
      .toEqual([[4, 1, 0, [1]], [5, 1, 0, []], [6, 2, 0, [1]]]);
    // The child still has its PMD: of the four frames under it, one is its own.
    expect(
      pageTableView(lab.world.clone(), 1).rows.map(({ vpn, nr, level, sharedWith }) => [vpn, nr, level, sharedWith]),
    )
      .toEqual([[4, 1, 1, [0]], [5, 1, 1, []], [6, 2, 1, [0]]]);
  });

  it('passes over reservations of terabytes', () => {
    const lab = ran(X86_64, map(2 ** 20, 2 ** 33, PROT_NONE), map(2 ** 34, 4), store(0, 2 ** 34, 4));
    expect(rows(lab, 0)).toEqual([[2 ** 34, 4, 'mapped', 'rw-p', 'W', []]]);
  });
});
