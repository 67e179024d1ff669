import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { inspectPage } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { stackPolicies } from '../policy/stack.ts';
import { FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE } from '../tables/fields.ts';
import { World } from '../tables/world.ts';

const RANGE = { addr: 4 * 4096, length: 4 * 4096 };
const COPIES = stackPolicies([{ id: 'early', hooks: { onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : 'share') },
  traits: {} }]);

function machine(): { world: World; kernel: Kernel; run: (command: Command) => string } {
  const world = new World(toyGeometry());
  const kernel = new Kernel(world, COPIES);
  const run = (command: Command): string => {
    const { result } = execute(kernel, command);
    expect(checkInvariants(world)).toEqual([]);
    return result.ok ? 'ok' : result.errno;
  };
  run({ type: 'Spawn', task: 0 });
  run({ type: 'Mmap', task: 0, ...RANGE, prot: 3, flags: 0x32 });
  return { world, kernel, run };
}

const STORE: Command = { type: 'Store', task: 0, vpn: 4, nr: 1, value: 7 };

describe('an allocation that fails', () => {
  it('of the page for the early copy ends fork() in ENOMEM, once', () => {
    const { run } = machine();
    run(STORE);
    run({ type: 'Pin', task: 0, pin: 0, vpn: 4, nr: 1, flags: FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE, device: 1 });
    run({ type: 'FailAllocations', what: 'prealloc', times: 'once' });
    expect(run({ type: 'Fork', task: 0, child: 1 })).toBe('ENOMEM');
    expect(run({ type: 'Fork', task: 0, child: 1 })).toBe('ok');
  });

  it('of a huge page falls back to a small one', () => {
    const { run, world } = machine();
    run({ type: 'Madvise', task: 0, ...RANGE, advice: 'hugepage' });
    run({ type: 'FailAllocations', what: 'huge-page', times: 'always' });
    expect(run(STORE)).toBe('ok');
    expect(inspectPage(world, 0, 4)).toMatchObject({ level: 0, value: 7 });
  });

  it('fails always until it is told not to, and also in a kernel that goes on with the same memory', () => {
    const { run, world, kernel } = machine();
    run({ type: 'FailAllocations', what: 'page', times: 'always' });
    expect([run(STORE), run(STORE)]).toEqual(['ENOMEM', 'ENOMEM']);
    expect(execute(new Kernel(world, COPIES), STORE).result.ok).toBe(false);
    run({ type: 'FailAllocations', what: 'page', times: 'never' });
    expect([run(STORE), kernel.inBulk]).toEqual(['ok', true]);
  });
});
