import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { frameAt } from './lookup.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { stackPolicies } from '../policy/stack.ts';
import { World } from '../tables/world.ts';
import { type FrameAllocator, LOWEST_FREE } from './frame-allocator.ts';

const FIRST = 4;
const HUGE = 4;
const COMMANDS: readonly Command[] = [{ type: 'SetPool', hugetlb: 2 }, { type: 'Spawn', task: 0 }, { type: 'Mmap',
  task: 0, addr: FIRST * 4096, length: HUGE * 4096, prot: 3, flags: 0x40032 }, { type: 'Mmap', task: 0, addr: 16 * 4096,
  length: 2 * 4096, prot: 3, flags: 0x32 }, { type: 'Store', task: 0, vpn: FIRST, nr: 1, value: 1 }, { type: 'Store',
  task: 0, vpn: 16, nr: 2, value: 2 }, { type: 'CreateFile', file: 1, kind: 'memfd', nr: 3, base: 5, step: 1 }];

/** The machine after the commands: head of the huge page, frames of two small ones. */
function placed(allocator?: FrameAllocator): readonly number[] {
  const world = new World(toyGeometry());
  const kernel = new Kernel(world, stackPolicies([]), allocator);
  for (const command of COMMANDS) expect(execute(kernel, command).result).toMatchObject({ ok: true });
  expect(checkInvariants(world)).toEqual([]);
  return [FIRST, 16, 17].map((vpn) => frameAt(world, 0, vpn));
}

/** From the top of the first 64 frames down. */
const highest: FrameAllocator = { name: 'highest', frame: (memory) => from(memory.isFree.bind(memory), 63, 1),
  hugeFrame: (memory, nr) => from((pfn) => memory.isFree(pfn) && memory.runFrom(pfn, nr) === nr, 64 - nr, nr) };
function from(fits: (pfn: number) => boolean, start: number, step: number): number {
  let pfn = start;
  while (!fits(pfn)) pfn -= step;
  return pfn;
}

describe('free frames are taken', () => {
  it('from below when nobody says otherwise', () => {
    expect(placed()).toEqual([4, 1, 2]);
    expect(placed({ ...LOWEST_FREE })).toEqual(placed());
  });

  it('where an allocator says: small pages, huge pages and the pages of files', () => {
    expect(placed(highest)).toEqual([60, 59, 58]);
  });

  it('never where a huge page would not be aligned, or would reach into what is in use', () => {
    expect(() => placed({ ...highest, hugeFrame: () => 6 })).toThrow(
      "frame allocator 'highest': `hugeFrame` chose 6 for a huge page of 4; take a multiple of 4",
    );
    expect(() => placed({ ...highest, hugeFrame: () => 0 })).toThrow('`hugeFrame` chose 0; choose a free frame');
  });
});
