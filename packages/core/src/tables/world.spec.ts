/** A world that outgrows its buffer, time and again, is the world that had the room from the beginning. */
import { describe, expect, it } from '@jest/globals';
import { X86_64 } from '../geometry.ts';
import { PG_ANON, PG_DIRTY } from './pages.ts';
import { World } from './world.ts';

/** Frames, records and page tables by turns, so that every section has others behind it when it grows. */
function filled(world: World, rounds: number): World {
  for (let round = 0; round < rounds; round++) {
    const pfn = world.pages.nextFree();
    const some = world.pages.freeRun(pfn, 600 + (round % 7) * 100);
    world.pages.take(pfn, some, round % 2 === 0 ? PG_ANON : PG_DIRTY, 1, round % 3, round % 5 === 0 ? 0 : round);
    world.vmas.open(round);
    world.vmas.set(round, 0, round + 1);
    world.pins.open(round);
    world.pins.set(round, 1, pfn);
  }
  return world;
}

describe('a world that grows', () => {
  it.each([20, 300, 900])('holds after %i rounds what it was told, and nothing else', (rounds) => {
    const grown = filled(new World(X86_64), rounds);
    const roomy = filled(new World(X86_64, { pages: 1 << 20, nodes: 64 }), rounds);
    expect(grown.hash()).toBe(roomy.hash());
    expect(grown.clone().hash()).toBe(grown.hash());
  });

  it('gives a page that nobody has used no word of another', () => {
    const world = filled(new World(X86_64), 900);
    const used = world.pages.count;
    expect(world.buffer.byteLength).toBeGreaterThan(4 << 20);
    expect(world.pages.meta.subarray(used).every((word) => word === 0)).toBe(true);
    expect(world.pages.extra.subarray(used).every((word) => word === 0)).toBe(true);
    expect(world.pages.stamp.subarray(used).every((word) => word === 0)).toBe(true);
    expect(world.tables.a.every((word) => word === 0)).toBe(true);
  });
});
