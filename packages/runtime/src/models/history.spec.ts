import { describe, expect, it } from '@jest/globals';
import { type Command, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MREMAP_FIXED, MREMAP_MAYMOVE, PAGE_SIZE, PROT_READ,
  PROT_WRITE, stackPolicies, toyGeometry } from '@cowlab/core';
import { lastChange, pageHistory } from './history.ts';
import { Lab } from '../lab.ts';

const G = toyGeometry();
const at = (vpn: number, nr: number): { task: number; addr: number; length: number } => ({ task: 0,
  addr: vpn * PAGE_SIZE, length: nr * PAGE_SIZE });
const map = (vpn: number, nr: number): Command => ({ type: 'Mmap', ...at(vpn, nr), prot: PROT_READ | PROT_WRITE,
  flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
const store = (task: number, vpn: number, nr = 1): Command => ({ type: 'Store', task, vpn, nr, value: 7 });

function ran(...commands: readonly Command[]): Lab {
  const lab = new Lab({ policy: stackPolicies([]), geometry: G });
  for (const command of [{ type: 'Spawn', task: 0 } as const, map(4, 8), ...commands]) lab.execute(command);
  return lab;
}

const told = (lab: Lab, mm: number, vpn: number): unknown[] =>
  pageHistory(lab.log, mm, vpn, G).map(({ position, event }) => [position, event.type]);

describe('the history of a page table entry', () => {
  it('is everything that changed it, in parent and child, with the command that did', () => {
    const lab = ran(store(0, 4, 2), { type: 'Fork', task: 0, child: 1 }, store(1, 4), { type: 'Munmap', ...at(4, 1) });
    expect(told(lab, 0, 4)).toEqual([[2, 'AnonPagesMapped'], [3, 'PtesShared'], [5, 'PtesZapped']]);
    expect(told(lab, 1, 4)).toEqual([[3, 'PtesShared'], [4, 'CowBroken']]);
    expect(lastChange(lab.log, 1, 4, G)?.command).toEqual(store(1, 4));
  });

  it('is empty for a page that was never touched', () => {
    const lab = ran(store(0, 5));
    expect([told(lab, 0, 4), lastChange(lab.log, 0, 4, G)]).toEqual([[], null]);
  });

  it('does not count zaps and moves that pass over an empty entry', () => {
    const lab = ran(store(0, 4), store(0, 6), { type: 'Madvise', ...at(4, 3), advice: 'dontneed' });
    expect(lab.log[4].events).toEqual([{ type: 'PtesZapped', mm: 0, vpn: 4, nr: 3 }]);
    expect([told(lab, 0, 4), told(lab, 0, 5)]).toEqual([[[2, 'AnonPagesMapped'], [4, 'PtesZapped']], []]);
  });

  it('follows an entry that mremap() moves away', () => {
    const lab = ran(store(0, 4), { type: 'Mremap', task: 0, addr: 4 * PAGE_SIZE, oldLength: PAGE_SIZE,
      newLength: PAGE_SIZE, flags: MREMAP_MAYMOVE | MREMAP_FIXED, newAddr: 20 * PAGE_SIZE });
    expect(told(lab, 0, 4)).toEqual([[2, 'AnonPagesMapped'], [3, 'PtesMoved']]);
    expect(told(lab, 0, 20)).toEqual([[3, 'PtesMoved']]);
  });

  it('starts anew when the number of an mm is used again', () => {
    const fork: Command = { type: 'Fork', task: 0, child: 1 };
    const lab = ran(store(0, 4), fork, store(1, 4), { type: 'Exit', task: 1 }, fork);
    expect(told(lab, 1, 4)).toEqual([[6, 'PtesShared']]);
  });
});
