/** Soft-dirty bits: which entries a write to /proc/PID/clear_refs leaves read-only, and what a store does then. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { leafEntry } from '../page/lookup.ts';
import { stackPolicies } from '../policy/stack.ts';
import type { PolicyHooks } from '../policy/policy.ts';
import type { Traits } from '../policy/traits.ts';
import { FOLL_PIN, FOLL_WRITE } from '../tables/fields.ts';
import { isWatched, isWritable } from '../tables/pte.ts';
import { World } from '../tables/world.ts';

const FIRST = 4;
const NR = 4;
const bytes = { addr: FIRST * 4096, length: NR * 4096 };

let world: World;
let run: (command: Command) => void;

function boot(traits: Partial<Traits> = {}): void {
  world = new World(toyGeometry());
  const hooks: PolicyHooks = { onWriteFault: () => 'reuse', onWriteFaultHugePmd: () => 'reuse' };
  const soft = { id: 'soft', hooks, traits: { hasPinned: 'target' as const, ...traits } };
  const kernel = new Kernel(world, stackPolicies([soft]));
  run = (command) => {
    expect(execute(kernel, command).result).toMatchObject({ ok: true });
    expect(checkInvariants(world)).toEqual([]);
  };
  run({ type: 'Spawn', task: 0 });
}

const map = (flags = 0x22): void => run({ type: 'Mmap', task: 0, ...bytes, prot: 3, flags: flags | 0x10 });
const store = (vpn = FIRST): void => run({ type: 'Store', task: 0, vpn, nr: 1, value: 7 });
const clear = (): void => run({ type: 'ClearRefs', task: 0 });
/** `W`: writable, `c`: not soft-dirty. */
const entry = (vpn = FIRST, mm = 0): string => {
  const pte = leafEntry(world, mm, vpn);
  return `${isWritable(pte) ? 'W' : 'R'}${isWatched(pte) ? 'c' : ''}`;
};

beforeEach(() => boot());

describe('a write to clear_refs', () => {
  it('write-protects what is there, until the next store', () => {
    map();
    store();
    clear();
    expect(entry()).toBe('Rc');
    store();
    expect(entry()).toBe('W');
  });

  it('takes a huge page whole, whose parts stay clean when it is split', () => {
    map();
    run({ type: 'Madvise', task: 0, ...bytes, advice: 'hugepage' });
    store();
    clear();
    expect(entry(FIRST + 3)).toBe('Rc');
    run({ type: 'Mprotect', task: 0, addr: bytes.addr, length: 4096, prot: 1 });
    expect(entry(FIRST + 3)).toBe('Rc');
  });

  it('makes loads map clean entries from then on, of files and of the zero page', () => {
    run({ type: 'CreateFile', file: 1, kind: 'memfd', nr: NR, base: 1, step: 1 });
    run({ type: 'Mmap', task: 0, ...bytes, prot: 3, flags: 0x11, file: 1 });
    run({ type: 'Mmap', task: 0, addr: 12 * 4096, length: 4096, prot: 3, flags: 0x32 });
    clear();
    run({ type: 'Load', task: 0, vpn: FIRST, nr: 1 });
    run({ type: 'Load', task: 0, vpn: 12, nr: 1 });
    expect([entry(), entry(12)]).toEqual(['Rc', 'Rc']);
    store();
    expect(entry()).toBe('W');
  });

  it.each([[false, 'Rc'], [true, 'W']])('leaves pinned pages alone where kernels do so: %s', (spares, left) => {
    boot({ clearRefsSparesPins: spares });
    map();
    store();
    run({ type: 'Pin', task: 0, pin: 0, vpn: FIRST, nr: 1, flags: FOLL_PIN | FOLL_WRITE, device: 1 });
    clear();
    expect(entry()).toBe(left);
  });

  it('reaches children as it stands: what is clean stays so over fork(), an early copy is dirty', () => {
    map();
    store();
    clear();
    run({ type: 'Fork', task: 0, child: 1 });
    const copies = new Kernel(world, stackPolicies([{ id: 'early', hooks: { onForkPage: () => 'copy' } }]));
    expect(execute(copies, { type: 'Fork', task: 0, child: 2 }).result.ok).toBe(true);
    expect([entry(FIRST, 1), entry(FIRST, 2)]).toEqual(['Rc', 'W']);
  });

  it('is forgotten by what mremap() moves', () => {
    map();
    store();
    clear();
    run({ type: 'Mremap', task: 0, addr: bytes.addr, oldLength: bytes.length, newLength: bytes.length, flags: 3,
      newAddr: 13 * 4096 });
    expect(entry(13)).toBe('R');
  });

  it('keeps mprotect() from making its entries writable at once', () => {
    boot({ mprotectWritable: 'exclusive', anonExclusive: true });
    map();
    store();
    store(FIRST + 1);
    clear();
    store(FIRST + 1);
    for (const prot of [1, 3]) run({ type: 'Mprotect', task: 0, ...bytes, prot });
    expect([entry(), entry(FIRST + 1)]).toEqual(['Rc', 'W']);
  });
});
