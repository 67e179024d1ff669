import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { inspectPage, type PageSnapshot } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { type Policy, stackPolicies } from '../policy/stack.ts';
import { FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE } from '../tables/fields.ts';
import { World } from '../tables/world.ts';

const FIRST = 4;
const RANGE = { addr: FIRST * 4096, length: 4 * 4096 };
/** Anonymous pages are marked exclusive, and reused when they are. */
const EXCLUSIVE = stackPolicies([{ id: 'pae', hooks: { onWriteFault: (page) => (page.exclusive ? 'reuse' : 'copy') },
  traits: { anonExclusive: true } }]);

/** Task 0 with four touched anonymous pages, 4 to 7, that hold 1, 2, 3 and 3. */
function machine(
  policy: Policy = stackPolicies([]),
): { run: (command: Command) => string; page: (vpn: number, mm?: number) => PageSnapshot; world: World } {
  const world = new World(toyGeometry());
  const kernel = new Kernel(world, policy);
  const run = (command: Command): string => {
    const { result } = execute(kernel, command);
    expect(checkInvariants(world, { anonExclusive: policy.traits.anonExclusive })).toEqual([]);
    return result.ok ? 'ok' : result.errno;
  };
  run({ type: 'Spawn', task: 0 });
  run({ type: 'Mmap', task: 0, ...RANGE, prot: 3, flags: 0x32 });
  [1, 2, 3, 3].forEach((value, i) => run({ type: 'Store', task: 0, vpn: FIRST + i, nr: 1, value }));
  return { run, world, page: (vpn, mm = 0) => inspectPage(world, mm, vpn) };
}

const madvise = (advice: 'free' | 'mergeable' | 'hugepage'): Command => ({ type: 'Madvise', task: 0, ...RANGE,
  advice });
const pin = (vpn: number): Command => ({ type: 'Pin', task: 0, pin: 0, vpn, nr: 1,
  flags: FOLL_PIN | FOLL_WRITE | FOLL_LONGTERM, device: 1, whole: true });
const load = (vpn: number): Command => ({ type: 'Load', task: 0, vpn, nr: 1 });
const store = (vpn: number, value: number, task = 0): Command => ({ type: 'Store', task, vpn, nr: 1, value });

describe('MADV_FREE', () => {
  it('lets reclaim drop a page that was not written again: its owner finds zeroes', () => {
    const { run, page } = machine();
    run(madvise('free'));
    expect(page(4)).toMatchObject({ present: true, value: 1, dirty: false });
    expect(run({ type: 'Reclaim', task: 0, vpn: 4, nr: 1 })).toBe('ok');
    run(load(4));
    expect(page(4)).toMatchObject({ zero: true, value: 0 });
  });

  it('is taken back by a write', () => {
    const { run, page } = machine();
    run(madvise('free'));
    run(store(4, 9));
    run({ type: 'Reclaim', task: 0, vpn: 4, nr: 1 });
    expect(page(4)).toMatchObject({ present: true, value: 9 });
  });

  it.each([['references', { present: true, value: 1 }], ['dirty', { present: false }]] as const)(
    'of a page that a device holds: reclaim that looks at %s leaves %j',
    (lazyfreeReclaim, left) => {
      const { run, page } = machine(stackPolicies([{ id: 'held', hooks: {}, traits: { lazyfreeReclaim } }]));
      run(pin(4));
      run(madvise('free'));
      run({ type: 'Reclaim', task: 0, vpn: 4, nr: 1 });
      expect(page(4)).toMatchObject(left);
    },
  );

  it('marks a page that a child maps too, and reclaim drops it once the child is gone', () => {
    const { run, page } = machine();
    run({ type: 'Fork', task: 0, child: 1 });
    run(madvise('free'));
    run({ type: 'Reclaim', task: 0, vpn: 4, nr: 1 });
    expect(page(4)).toMatchObject({ present: true, value: 1, mapcount: 2 });
    run(madvise('free'));
    run({ type: 'Exit', task: 1 });
    run({ type: 'Reclaim', task: 0, vpn: 4, nr: 1 });
    expect(page(4)).toMatchObject({ present: false });
  });

  it('leaves a page alone that is dirty beside its entries while a child maps it too', () => {
    const { run, page } = machine();
    run(pin(4));
    run({ type: 'DeviceStore', pin: 0, index: 0, value: 7 });
    run({ type: 'Unpin', pin: 0 });
    run({ type: 'Fork', task: 0, child: 1 });
    run(madvise('free'));
    run({ type: 'Exit', task: 1 });
    run({ type: 'Reclaim', task: 0, vpn: 4, nr: 1 });
    run(load(4));
    expect(page(4)).toMatchObject({ present: true, value: 7 });
  });

  it('takes a page out of the swap cache that nobody else has an entry of', () => {
    const { run, page } = machine();
    run(pin(4));
    run({ type: 'Reclaim', task: 0, vpn: 4, nr: 1 });
    run(load(4));
    run({ type: 'Unpin', pin: 0 });
    run(madvise('free'));
    expect(page(4)).toMatchObject({ present: true, swapCache: false, pageDirty: false, dirty: false });
    run({ type: 'Reclaim', task: 0, vpn: 4, nr: 1 });
    expect(page(4)).toMatchObject({ present: false });
  });
});

describe('ksmd', () => {
  const merge: Command = { type: 'KsmMerge', task: 0, vpn: 7, intoTask: 0, intoVpn: 6 };

  it('makes one read-only page of two alike, and a write gets a copy', () => {
    const { run, page } = machine(EXCLUSIVE);
    expect(run(merge)).toBe('EINVAL');
    run(madvise('mergeable'));
    expect(run(merge)).toBe('ok');
    expect(page(7)).toMatchObject({ pfn: page(6).pfn, ksm: true, writable: false, exclusive: false, mapcount: 2 });
    run(store(7, 8));
    expect([page(6).value, page(7).value]).toEqual([3, 8]);
  });

  it('leaves pages alone that differ', () => {
    const { run } = machine();
    run(madvise('mergeable'));
    expect(run({ ...merge, intoVpn: 5 })).toBe('EFAULT');
  });

  it.each([6, 7])('leaves a pinned page alone (page %i)', (pinned) => {
    const { run, page } = machine(EXCLUSIVE);
    run(madvise('mergeable'));
    run(pin(pinned));
    expect(run(merge)).toBe('EAGAIN');
    run(store(pinned, 5));
    expect(page(pinned).maybeDmaPinned).toBe(true);
  });
});

describe('migration', () => {
  it('moves a page for everybody who maps it', () => {
    const { run, page } = machine();
    run({ type: 'Fork', task: 0, child: 1 });
    const before = page(4).pfn;
    expect(run({ type: 'Migrate', task: 1, vpn: 4 })).toBe('ok');
    expect(page(4).pfn).not.toBe(before);
    expect(page(4, 1)).toMatchObject({ pfn: page(4).pfn, value: 1, mapcount: 2 });
  });

  it('moves the page of the process that was named, whatever number its mm has', () => {
    const { run, page } = machine();
    run({ type: 'Fork', task: 0, child: 3 });
    run(store(4, 9, 3));
    const [parents, childs] = [page(4).pfn, page(4, 1).pfn];
    expect(run({ type: 'Migrate', task: 3, vpn: 4 })).toBe('ok');
    expect(page(4).pfn).toBe(parents);
    expect(page(4, 1).pfn).not.toBe(childs);
    expect(page(4, 1).value).toBe(9);
  });

  it('keeps the mark of an exclusive page, and does not move a pinned one', () => {
    const { run, page } = machine(EXCLUSIVE);
    expect(run({ type: 'Migrate', task: 0, vpn: 4 })).toBe('ok');
    expect(page(4)).toMatchObject({ exclusive: true, value: 1 });
    run(pin(5));
    expect(run({ type: 'Migrate', task: 0, vpn: 5 })).toBe('EAGAIN');
  });
});

describe('khugepaged', () => {
  const collapse: Command = { type: 'Collapse', task: 0, vpn: 5 };

  it('makes one huge page of small ones with the same contents', () => {
    const { run, page } = machine(EXCLUSIVE);
    expect(run(collapse)).toBe('EINVAL');
    run(madvise('hugepage'));
    expect(run(collapse)).toBe('ok');
    expect([4, 5, 6, 7].map((vpn) => page(vpn).value)).toEqual([1, 2, 3, 3]);
    expect(page(5)).toMatchObject({ level: 1, large: true, exclusive: true });
  });

  it('leaves them alone while a child shares one, or a device holds one', () => {
    const shared = machine();
    shared.run(madvise('hugepage'));
    shared.run({ type: 'Fork', task: 0, child: 1 });
    expect(shared.run(collapse)).toBe('EAGAIN');
    const pinned = machine();
    pinned.run(madvise('hugepage'));
    pinned.run(pin(6));
    expect(pinned.run(collapse)).toBe('EAGAIN');
  });
});
