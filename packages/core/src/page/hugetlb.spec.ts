import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { inspectPage, type PageSnapshot } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import type { Traits } from '../policy/traits.ts';
import { stackPolicies } from '../policy/stack.ts';
import { FOLL_PIN } from '../tables/fields.ts';
import { World } from '../tables/world.ts';

const FIRST = 4;
const HUGE = 4;
const OTHER = 12;
const place = (vpn = FIRST): { addr: number; length: number } => ({ addr: vpn * 4096, length: HUGE * 4096 });
const mmap = (vpn = FIRST, task = 0): Command => ({ type: 'Mmap', task, ...place(vpn), prot: 3, flags: 0x40032 });
const store = (vpn: number, task = 0): Command => ({ type: 'Store', task, vpn, nr: 1, value: 1 });
const drop = (vpn = FIRST, task = 0): Command => ({ type: 'Madvise', task, ...place(vpn), advice: 'dontneed' });
const mlock = (task: number): Command => ({ type: 'Mlock', task, addr: FIRST * 4096, length: 4096, on: true });
const fork = (child: number): Command => ({ type: 'Fork', task: 0, child });

/** A pool of `hugetlb` pages, and task 0 with one of them promised and touched. */
function machine(
  hugetlb: number,
  traits: Partial<Traits> = { hugetlbRestores: true },
): { run: (command: Command) => string; page: (vpn: number, mm?: number) => PageSnapshot } {
  const world = new World(toyGeometry());
  const onWriteFaultHugetlb = (
    page: { readonly mapcount: number },
  ): 'reuse' | 'copy' => (page.mapcount === 1 ? 'reuse' : 'copy');
  const unshares = { id: 'unshares',
    hooks: { onWriteFaultHugetlb,
      onGup: (page: { readonly exclusive: boolean }) => (page.exclusive ? undefined : 'unshare' as const) } };
  const kernel = new Kernel(world,
    stackPolicies([{ ...unshares, traits: { anonExclusive: true, hugetlbDontneed: true, ...traits } }]));
  const run = (command: Command): string => {
    const { result } = execute(kernel, command);
    expect(checkInvariants(world, { anonExclusive: true })).toEqual([]);
    return result.ok ? 'ok' : result.errno;
  };
  run({ type: 'SetPool', hugetlb });
  run({ type: 'Spawn', task: 0 });
  run(mmap());
  run(store(FIRST));
  return { run, page: (vpn, mm = 0) => inspectPage(world, mm, vpn) };
}

describe('a promise of the hugetlb pool', () => {
  it('comes back when MADV_DONTNEED drops the page: a child cannot have it', () => {
    const { run } = machine(1);
    run(drop());
    run(fork(1));
    expect([run(store(FIRST, 1)), run(store(FIRST))]).toEqual(['SIGBUS', 'ok']);
  });

  it('is used up on kernels that do not restore it', () => {
    const { run } = machine(1, { hugetlbRestores: false });
    run(drop());
    run(fork(1));
    expect([run(store(FIRST, 1)), run(store(FIRST))]).toEqual(['ok', 'SIGBUS']);
  });

  it('comes back before the page does, when somebody else still holds it', () => {
    const { run } = machine(2);
    run({ type: 'Pin', task: 0, pin: 0, vpn: FIRST, nr: 1, flags: FOLL_PIN, device: 1 });
    run(drop());
    // One page is free and one promise open, which the pool does not know of until the pinned page is back.
    expect(run(mmap(OTHER))).toBe('ok');
    expect(run(store(FIRST))).toBe('ok');
    expect(run(store(OTHER))).toBe('SIGBUS');
    run({ type: 'Unpin', pin: 0 });
    expect(run(store(OTHER))).toBe('ok');
  });

  it('goes with its mapping, also while a child keeps the page', () => {
    const { run } = machine(1);
    run(fork(1));
    run({ type: 'Exit', task: 0 });
    expect(run(mmap(OTHER, 1))).toBe('ENOMEM');
    run({ type: 'Munmap', task: 1, ...place() });
    expect([run(mmap(OTHER, 1)), run(store(OTHER, 1))]).toEqual(['ok', 'ok']);
  });
});

describe('an empty pool', () => {
  it('an unshare that takes the page back from a child leaves it exclusive', () => {
    const { run, page } = machine(1);
    run(fork(1));
    expect(run({ type: 'RemoteLoad', task: 0, vpn: FIRST })).toBe('ok');
    expect([page(FIRST), page(FIRST, 1)]).toMatchObject([{ exclusive: true, mapcount: 1 }, { present: false }]);
  });

  it('fails the mlock() of a child, who has no promise', () => {
    const { run } = machine(1);
    run(fork(1));
    run(drop());
    run(store(FIRST));
    run({ type: 'Madvise', task: 1, ...place(), advice: 'dontneed' });
    expect([run(mlock(1)), run(mlock(0))]).toEqual(['ENOMEM', 'ok']);
  });
});

describe('mlock() of part of a hugetlb page', () => {
  it('faults it in and breaks COW', () => {
    const { run, page } = machine(2);
    run(fork(1));
    expect(run(mlock(0))).toBe('ok');
    expect(page(FIRST)).toMatchObject({ mapcount: 1, exclusive: true, writable: true });
    expect(page(FIRST).pfn).not.toBe(page(FIRST, 1).pfn);
  });
});
