import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { inspectPage, type PageSnapshot } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { stackPolicies } from '../policy/stack.ts';
import type { Traits } from '../policy/traits.ts';
import { FOLL_GET } from '../tables/fields.ts';
import { World } from '../tables/world.ts';

const FIRST = 4;
const RANGE = { addr: FIRST * 4096, length: 4 * 4096 };
const COLLAPSE: Command = { type: 'Madvise', task: 0, ...RANGE, advice: 'collapse' };
const FORK: Command = { type: 'Fork', task: 0, child: 1 };

/** Task 0 with pages 4 to 7 of small anonymous memory, of which the first `nr` hold 1, 2, ... */
function machine(
  madviseCollapse: Traits['madviseCollapse'],
  nr = 4,
): { run: (command: Command) => string; page: (vpn: number, mm?: number) => PageSnapshot } {
  const world = new World(toyGeometry());
  const policy = stackPolicies([{ id: 'pae', hooks: {}, traits: { anonExclusive: true, madviseCollapse } }]);
  const kernel = new Kernel(world, policy);
  const run = (command: Command): string => {
    const { result } = execute(kernel, command);
    expect(checkInvariants(world, { anonExclusive: true })).toEqual([]);
    return result.ok ? 'ok' : result.errno;
  };
  run({ type: 'Spawn', task: 0 });
  run({ type: 'Mmap', task: 0, ...RANGE, prot: 3, flags: 0x32 });
  for (let i = 0; i < nr; i++) run({ type: 'Store', task: 0, vpn: FIRST + i, nr: 1, value: i + 1 });
  return { run, page: (vpn, mm = 0) => inspectPage(world, mm, vpn) };
}

describe('MADV_COLLAPSE', () => {
  it('is an unknown advice to old kernels', () => expect(machine('no').run(COLLAPSE)).toBe('EINVAL'));

  it('makes a huge page of small ones, with zeroes where nothing was touched', () => {
    const { run, page } = machine('any', 2);
    expect(run(COLLAPSE)).toBe('ok');
    expect([4, 5, 6, 7].map((vpn) => page(vpn).value)).toEqual([1, 2, 0, 0]);
    expect(page(5)).toMatchObject({ level: 1, large: true, exclusive: true, writable: true });
  });

  it('leaves the old pages to a child that maps them too', () => {
    const { run, page } = machine('any');
    const old = page(4).pfn;
    run(FORK);
    expect(run(COLLAPSE)).toBe('ok');
    expect(page(4)).toMatchObject({ level: 1, value: 1, mapcount: 1 });
    expect(page(4, 1)).toMatchObject({ level: 0, pfn: old, value: 1, mapcount: 1 });
  });

  it('wants one writable entry, until 6.17', () => {
    const { run, page } = machine('writable');
    run(FORK);
    expect(run(COLLAPSE)).toBe('EINVAL');
    run({ type: 'Store', task: 0, vpn: 6, nr: 1, value: 9 });
    expect(run(COLLAPSE)).toBe('ok');
    expect([page(4).level, page(4, 1).level]).toEqual([1, 0]);
  });

  it('is refused while a pipe holds one of the pages, and nothing changes', () => {
    const { run, page } = machine('any');
    run({ type: 'Pin', task: 0, pin: 0, vpn: 7, nr: 1, flags: FOLL_GET, device: 0 });
    expect(run(COLLAPSE)).toBe('EAGAIN');
    expect([4, 5, 6, 7].map((vpn) => page(vpn).level)).toEqual([0, 0, 0, 0]);
  });

  it('is refused where huge pages are unwelcome', () => {
    const { run } = machine('any');
    run({ type: 'Madvise', task: 0, ...RANGE, advice: 'nohugepage' });
    expect(run(COLLAPSE)).toBe('EINVAL');
  });
});
