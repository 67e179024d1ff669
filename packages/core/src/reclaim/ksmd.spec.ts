import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { inspectPage, type PageSnapshot } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { stackPolicies } from '../policy/stack.ts';
import { FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE } from '../tables/fields.ts';
import { World } from '../tables/world.ts';

const FIRST = 4;
const RANGE = { addr: FIRST * 4096, length: 4 * 4096 };
const EXCLUSIVE = stackPolicies([{ id: 'pae',
  hooks: { onWriteFault: (page) => (page.exclusive || (!page.ksm && page.refcount === 1) ? 'reuse' : 'copy') },
  traits: { anonExclusive: true } }]);
const SCAN: Command = { type: 'KsmScan', passes: 3 };

/** Task 0 with four mergeable pages, 4 to 7, that hold these. */
function machine(
  values: readonly number[],
): { run: (command: Command) => string; page: (vpn: number, mm?: number) => PageSnapshot } {
  const world = new World(toyGeometry());
  const kernel = new Kernel(world, EXCLUSIVE);
  const run = (command: Command): string => {
    const { result } = execute(kernel, command);
    expect(checkInvariants(world, { anonExclusive: true })).toEqual([]);
    return result.ok ? 'ok' : result.errno;
  };
  run({ type: 'Spawn', task: 0 });
  run({ type: 'Mmap', task: 0, ...RANGE, prot: 3, flags: 0x32 });
  values.forEach((value, i) => run({ type: 'Store', task: 0, vpn: FIRST + i, nr: 1, value }));
  run({ type: 'Madvise', task: 0, ...RANGE, advice: 'mergeable' });
  return { run, page: (vpn, mm = 0) => inspectPage(world, mm, vpn) };
}

const store = (vpn: number, value: number): Command => ({ type: 'Store', task: 0, vpn, nr: 1, value });
const pipe = (vpn: number): Command => ({ type: 'Pin', task: 0, pin: 1, vpn, nr: 1, flags: FOLL_GET, device: 0 });

describe('ksmd', () => {
  it('makes one page of those that are alike, the second of them, and leaves the others', () => {
    const { run, page } = machine([7, 7, 9, 7]);
    const second = page(5).pfn;
    run(SCAN);
    expect([4, 5, 7].map((vpn) => page(vpn))).toMatchObject(
      [1, 2, 3].map(() => ({ pfn: second, ksm: true, writable: false, exclusive: false, mapcount: 3 })),
    );
    expect(page(6)).toMatchObject({ ksm: false, writable: true });
  });

  it('needs a second pass, for the first one only learns which pages keep their contents', () => {
    const { run, page } = machine([7, 7]);
    run({ type: 'KsmScan', passes: 1 });
    expect(page(4).ksm).toBe(false);
  });

  it('leaves a page alone that a pipe holds', () => {
    const { run, page } = machine([7, 7, 9, 7]);
    run(pipe(7));
    run(SCAN);
    expect([page(4).pfn === page(5).pfn, page(7).ksm]).toEqual([true, false]);
  });

  it('copies the twin of a page that is held, for it was made ready to be shared and nobody came', () => {
    const { run, page } = machine([7, 7]);
    const before = [page(4).pfn, page(5).pfn];
    run({ type: 'Pin', task: 0, pin: 0, vpn: 4, nr: 1, flags: FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE, device: 1 });
    run({ type: 'KsmScan', passes: 2 });
    expect(page(4)).toMatchObject({ pfn: before[0], ksm: false });
    expect(page(5)).toMatchObject({ ksm: false, value: 7, mapcount: 1 });
    expect(page(5).pfn).not.toBe(before[1]);
  });

  it('gives each process a mapping more at fork(), and copies at every store, also of the only user', () => {
    const { run, page } = machine([7, 7]);
    run(SCAN);
    run({ type: 'Fork', task: 0, child: 1 });
    expect(page(4).mapcount).toBe(4);
    run({ type: 'Exit', task: 1 });
    run(store(5, 5));
    const last = page(4);
    expect(last).toMatchObject({ mapcount: 1, value: 7 });
    run(store(4, 6));
    expect(page(4)).toMatchObject({ ksm: false, value: 6 });
    expect(page(4).pfn).not.toBe(last.pfn);
  });

  it('is undone by MADV_UNMERGEABLE for this process alone', () => {
    const { run, page } = machine([7, 7]);
    run(SCAN);
    run({ type: 'Fork', task: 0, child: 1 });
    run({ type: 'Madvise', task: 0, ...RANGE, advice: 'unmergeable' });
    expect([page(4).ksm, page(5).ksm, page(4, 1).ksm]).toEqual([false, false, true]);
    run(SCAN);
    expect(page(4).ksm).toBe(false);
  });

  it('finds a page that is merged already, also that of another process', () => {
    const { run, page } = machine([7, 7, 9, 8]);
    run(SCAN);
    run({ type: 'Fork', task: 0, child: 1 });
    run({ type: 'Store', task: 1, vpn: 7, nr: 1, value: 7 });
    run(SCAN);
    expect(page(7, 1).pfn).toBe(page(4).pfn);
  });
});
