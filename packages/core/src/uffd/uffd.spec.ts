/** userfaultfd: what it watches, what ends in SIGBUS, and what becomes of it in children. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { inspectPage } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { leafEntry } from '../page/lookup.ts';
import { stackPolicies } from '../policy/stack.ts';
import type { Traits } from '../policy/traits.ts';
import { FOLL_GET, FOLL_PIN, FOLL_WRITE } from '../tables/fields.ts';
import { isWatched } from '../tables/pte.ts';
import { World } from '../tables/world.ts';

const FIRST = 4;
const NR = 4;
const range = (page = 0, nr = NR): { addr: number; length: number } => ({ addr: (FIRST + page) * 4096,
  length: nr * 4096 });

let world: World;
let run: (command: Command) => string;

function boot(traits: Partial<Traits> = {}): void {
  world = new World(toyGeometry());
  const copiesPinned = {
    onForkPage: (page: { maybeDmaPinned: boolean }) => page.maybeDmaPinned ? 'copy' : 'share',
  } as const;
  const kernel = new Kernel(world,
    stackPolicies([{ id: 'uffd', hooks: copiesPinned,
      traits: { uffdProtects: 'many', hasPinned: 'target', ...traits } }]));
  run = (command) => {
    const { result } = execute(kernel, command);
    expect(checkInvariants(world)).toEqual([]);
    return result.ok ? String(result.value) : result.errno;
  };
  run({ type: 'Spawn', task: 0 });
  run({ type: 'Mmap', task: 0, ...range(), prot: 3, flags: 0x32 });
}

const open = (forks = false): string => run({ type: 'UffdOpen', task: 0, forks });
const watch = (what: 'missing' | 'stores', page = 0, nr = NR): string =>
  run({ type: 'UffdRegister', task: 0, ...range(page, nr), missing: what === 'missing', protects: what === 'stores' });
const protect = (on = true, page = 0, nr = NR, task = 0): string =>
  run({ type: 'UffdProtect', task, ...range(page, nr), on });
const store = (page = 0, task = 0): string => run({ type: 'Store', task, vpn: FIRST + page, nr: 1, value: 9 });
const load = (page = 0, task = 0): string => run({ type: 'Load', task, vpn: FIRST + page, nr: 1 });
const fork = (): string => run({ type: 'Fork', task: 0, child: 1 });

beforeEach(() => boot());

describe('a page that is protected from stores', () => {
  beforeEach(() => {
    store();
    open();
    watch('stores');
    expect(protect()).toBe('0');
  });

  it('is SIGBUS to store, and can be loaded; one that was not there is not protected', () => {
    expect([store(), load(), store(1)]).toEqual(['SIGBUS', '9', '0']);
  });

  it('may be stored to when the protection ends, in either way', () => {
    protect(false, 0, 1);
    expect(store()).toBe('0');
    protect();
    expect(store()).toBe('SIGBUS');
    expect(run({ type: 'UffdUnregister', task: 0, ...range() })).toBe('0');
    expect(store()).toBe('0');
  });

  it('cannot be had for writing by get_user_pages(), and can for reading', () => {
    const pin = (flags: number, pin: number): string =>
      run({ type: 'Pin', task: 0, pin, vpn: FIRST, nr: 1, flags, device: 1 });
    expect([pin(FOLL_PIN | FOLL_WRITE, 0), pin(FOLL_GET, 1)]).toEqual(['EFAULT', '1']);
    expect(run({ type: 'RemoteStore', task: 0, vpn: FIRST, value: 1 })).toBe('EFAULT');
  });

  it('stays protected over mprotect() both ways, and over fork() in the parent', () => {
    for (const prot of [1, 3]) run({ type: 'Mprotect', task: 0, ...range(), prot });
    fork();
    expect(store()).toBe('SIGBUS');
  });

  it('is not protected in a child that knows nothing of it, nor is anything watched there', () => {
    fork();
    expect(isWatched(leafEntry(world, 1, FIRST))).toBe(false);
    expect([store(0, 1), protect(true, 0, NR, 1)]).toEqual(['0', 'ENXIO']);
  });

  it('is an ordinary one where mremap() moves it to', () => {
    run(
      { type: 'Mremap', task: 0, ...range(), oldLength: NR * 4096, newLength: NR * 4096, flags: 3, newAddr: 12 * 4096 },
    );
    expect(run({ type: 'Store', task: 0, vpn: 12, nr: 1, value: 1 })).toBe('0');
  });
});

describe('a userfaultfd that follows into children', () => {
  beforeEach(() => {
    store();
    open(true);
    watch('stores');
    protect();
  });

  it('keeps the page protected there, and is the one that the child has', () => {
    fork();
    expect([store(0, 1), store(1, 1), run({ type: 'UffdOpen', task: 1, forks: false })]).toEqual(['SIGBUS', '0',
      'EEXIST']);
    expect([protect(false, 0, NR, 1), store(0, 1), store()]).toEqual(['0', '0', 'SIGBUS']);
  });

  it.each([true, false])('protects the early copy of a page too, in bulk %s', (bulk) => {
    run({ type: 'UffdProtect', task: 0, ...range(), on: false });
    run({ type: 'Pin', task: 0, pin: 0, vpn: FIRST, nr: 1, flags: FOLL_PIN | FOLL_WRITE, device: 1 });
    protect();
    const kernel = new Kernel(world, stackPolicies([{ id: 'all', hooks: { onForkPage: () => 'copy' } }]));
    kernel.bulk = bulk;
    expect(execute(kernel, { type: 'Fork', task: 0, child: 1 }).result.ok).toBe(true);
    expect(inspectPage(world, 1, FIRST).pfn).not.toBe(inspectPage(world, 0, FIRST).pfn);
    expect(store(0, 1)).toBe('SIGBUS');
  });
});

describe('a page that is missing', () => {
  it('is SIGBUS to load and to store until it is filled, once', () => {
    open();
    watch('missing');
    const fill = (): string => run({ type: 'UffdCopy', task: 0, vpn: FIRST, value: 5 });
    expect([load(), store(), fill(), fill(), load(), store()]).toEqual(['SIGBUS', 'SIGBUS', '0', 'EEXIST', '5', '0']);
  });

  it('is missing again after MADV_DONTNEED', () => {
    store();
    open();
    watch('missing');
    expect(load()).toBe('9');
    run({ type: 'Madvise', task: 0, ...range(), advice: 'dontneed' });
    expect(load()).toBe('SIGBUS');
  });
});

describe('a huge page', () => {
  it('is protected whole without a split, and split when a part of it is', () => {
    run({ type: 'Madvise', task: 0, ...range(), advice: 'hugepage' });
    store();
    open();
    watch('stores');
    protect();
    expect([inspectPage(world, 0, FIRST).level, store(2)]).toEqual([1, 'SIGBUS']);
    protect(false, 0, 1);
    expect([inspectPage(world, 0, FIRST).level, store(), store(2)]).toEqual([0, '0', 'SIGBUS']);
  });
});

describe('a userfaultfd is refused', () => {
  it('when there is none, a second one, and what it does not watch', () => {
    expect([watch('stores'), protect()]).toEqual(['ENXIO', 'ENXIO']);
    expect([open(), open(), protect(), run({ type: 'UffdCopy', task: 0, vpn: FIRST, value: 1 })]).toEqual(['0',
      'EEXIST', 'ENOENT', 'ENOENT']);
  });

  it('a range of two mappings, by kernels that protect one at a time', () => {
    for (const [uffdProtects, came] of [['one', 'ENOENT'], ['many', '0']] as const) {
      boot({ uffdProtects });
      open();
      watch('stores');
      run({ type: 'Mprotect', task: 0, ...range(0, 1), prot: 1 });
      expect(protect()).toBe(came);
    }
  });
});
