import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { FOLL_PIN } from '../tables/fields.ts';
import { toyGeometry } from '../geometry.ts';
import { checkInvariants } from '../invariants.ts';
import { inspectPage } from '../inspect.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { stackPolicies } from '../policy/stack.ts';
import { World } from '../tables/world.ts';

/** A private mapping of device memory that one PUD of the toy geometry covers: 16 pages of which page k holds k. */
function withPud(split: boolean): { world: World; types: (...commands: Command[]) => string[] } {
  const world = new World(toyGeometry(2, 3));
  const policy = stackPolicies([{ id: 'test',
    hooks: split ? { onForkHugePud: (page) => (page.maybeDmaPinned ? 'split' : 'share') } : {} }]);
  const kernel = new Kernel(world, policy);
  const types = (...commands: Command[]): string[] =>
    commands.flatMap((command) => {
      const { events, result } = execute(kernel, command);
      expect(result).toMatchObject({ ok: true });
      expect(checkInvariants(world)).toEqual([]);
      return events.map(({ type }) => type);
    });
  types(
    { type: 'Spawn', task: 0 },
    { type: 'CreateFile', file: 1, kind: 'dax', nr: 16, base: 0, step: 1 },
    { type: 'Mmap', task: 0, addr: 16 * 4096, length: 16 * 4096, prot: 3, flags: 0x12, file: 1 },
    { type: 'Load', task: 0, vpn: 18, nr: 1 },
    { type: 'Pin', task: 0, pin: 0, vpn: 17, nr: 1, flags: FOLL_PIN, device: 1 },
  );
  return { world, types };
}

describe('fork() of a huge PUD', () => {
  it('is shared and write-protected when nobody objects', () => {
    const { world, types } = withPud(false);
    expect(types({ type: 'Fork', task: 0, child: 1 })).toContain('HugePudShared');
    expect(inspectPage(world, 1, 17)).toMatchObject({ level: 2, value: 1, writable: false, mapcount: 2 });
  });

  it('is cleared when it may be pinned and the policy splits, and parent and child fault it in again', () => {
    const { world, types } = withPud(true);
    expect(types({ type: 'Fork', task: 0, child: 1 })).toContain('PudCleared');
    expect(inspectPage(world, 0, 17).present).toBe(false);
    expect(inspectPage(world, 1, 17).present).toBe(false);
    expect(types({ type: 'Load', task: 1, vpn: 17, nr: 1 })).toContain('HugePudMapped');
  });

  it('gives way to a page of its own when it is written', () => {
    const { world, types } = withPud(false);
    expect(types({ type: 'Store', task: 0, vpn: 17, nr: 1, value: 9 })).toEqual(
      expect.arrayContaining(['PudCleared', 'FilePageCopied']),
    );
    expect(inspectPage(world, 0, 17)).toMatchObject({ level: 0, anon: true, value: 9 });
  });

  it('leaves nothing behind when everybody is gone', () => {
    const { world, types } = withPud(true);
    types({ type: 'Fork', task: 0, child: 1 }, { type: 'Load', task: 1, vpn: 17, nr: 1 }, { type: 'Unpin', pin: 0 }, {
      type: 'Exit',
      task: 0,
    }, { type: 'Exit', task: 1 });
    expect(world.pages.used).toBe(16);
  });
});

describe('mremap() of a huge PUD', () => {
  it('clears it, and the pages come back by faults where they are now', () => {
    const { world, types } = withPud(false);
    const move: Command = { type: 'Mremap', task: 0, addr: 16 * 4096, oldLength: 16 * 4096, newLength: 16 * 4096,
      flags: 3, newAddr: 32 * 4096 };
    expect(types(move)).toContain('PudCleared');
    types({ type: 'Load', task: 0, vpn: 33, nr: 1 });
    expect(inspectPage(world, 0, 33).value).toBe(1);
  });
});
