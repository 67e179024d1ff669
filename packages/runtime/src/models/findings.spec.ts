import { describe, expect, it } from '@jest/globals';
import { type Command, FOLL_GET, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED, MAP_HUGETLB, MAP_PRIVATE, MAP_SHARED,
  MREMAP_FIXED, MREMAP_MAYMOVE, type Overlay, PAGE_SIZE, PROT_READ, PROT_WRITE, stackPolicies,
  toyGeometry } from '@cowlab/core';
import { type Finding, Findings } from './findings.ts';
import { Lab } from '../lab.ts';

/** Mappings decide, references are not seen: kernels up to 5.7. */
const naive: Overlay = { id: 'naive',
  hooks: { onWriteFault: (page) => (page.folioMapcountMax + page.swapCount <= 1 ? 'reuse' : 'copy') } };
/** Any reference decides: 5.9. */
const count: Overlay = { id: 'count', hooks: { onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy') } };
const early: Overlay = { id: 'early', hooks: { onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined) } };
const dontfork: Overlay = { id: 'dontfork', hooks: { onForkVma: (vma) => (vma.dontCopy ? 'skip' : undefined) } };
const hugetlbCopy: Overlay = { id: 'hugetlb',
  hooks: { onForkHugetlb: (page) => (page.maybeDmaPinned ? 'copy' : undefined) } };

const at = (vpn: number, nr: number): { task: number; addr: number; length: number } => ({ task: 0,
  addr: vpn * PAGE_SIZE, length: nr * PAGE_SIZE });
const map = (vpn: number, nr: number, flags = MAP_PRIVATE | MAP_ANONYMOUS, task = 0): Command => ({ type: 'Mmap',
  ...at(vpn, nr), task, prot: PROT_READ | PROT_WRITE, flags: flags | MAP_FIXED });
const store = (task: number, vpn: number, nr = 1): Command => ({ type: 'Store', task, vpn, nr, value: 7 });
const load = (task: number, vpn: number, nr = 1): Command => ({ type: 'Load', task, vpn, nr });
const pin = (flags: number, device: number, task = 0, vpn = 4, nr = 2): Command => ({ type: 'Pin', task, pin: 1, vpn,
  nr, flags, device });
const WRITE_PIN = pin(FOLL_PIN | FOLL_WRITE, 1);
const FORK: Command = { type: 'Fork', task: 0, child: 1 };
const EXIT_CHILD: Command = { type: 'Exit', task: 1 };
const deviceStore = (index: number): Command => ({ type: 'DeviceStore', pin: 1, index, value: 9 });

/** What is found in a process with pages 4 to 11 mapped and 4 to 7 written. */
function found(overlays: readonly Overlay[], ...commands: readonly Command[]): readonly Finding[] {
  return foundFrom([map(4, 8), store(0, 4, 4)], overlays, ...commands);
}

function foundFrom(
  stage: readonly Command[],
  overlays: readonly Overlay[],
  ...commands: readonly Command[]
): readonly Finding[] {
  const lab = new Lab({ policy: stackPolicies(overlays), geometry: toyGeometry() });
  const tracker = lab.follow(new Findings());
  const told: Finding[] = [];
  for (const command of [{ type: 'Spawn', task: 0 } as const, ...stage, ...commands])
    told.push(...tracker.of(lab.execute(command).position));
  expect(tracker.value).toEqual(told);
  return told;
}

const ids = (findings: readonly Finding[]): unknown[] => findings.map(({ hazard, position }) => [hazard, position]);

describe('H1: a device and its owner look at different pages', () => {
  it('is found when the owner writes after fork(), once for each pin and command', () => {
    expect(found([count], WRITE_PIN, FORK, store(0, 4, 2))).toEqual([
      { hazard: 'H1', position: 5, pin: 1, page: 4, task: 0, text: expect.stringMatching(
        /^pin 1 holds frame 1 for page 0x4, its owner sees frame \d+: copy-on-write gave it another page, and so for 1 more of its pages$/,
      ) },
    ]);
  });

  it('is found even when the child has gone, for a rule that counts references', () => {
    expect(ids(found([count], WRITE_PIN, FORK, EXIT_CHILD, store(0, 4, 2)))).toEqual([['H1', 6]]);
    expect(ids(found([naive], WRITE_PIN, FORK, EXIT_CHILD, store(0, 4, 2)))).toEqual([]);
  });

  it('is found for FOLL_GET by a device, not for a pipe', () => {
    expect(ids(found([count], pin(FOLL_GET | FOLL_WRITE, 1), FORK, store(0, 4, 2)))).toEqual([['H1', 5]]);
    expect(ids(found([count], pin(FOLL_GET, 0), FORK, store(0, 4, 2)))).toEqual([]);
  });

  it('is not found where the child gets the copy', () => {
    expect(found([count, early], WRITE_PIN, FORK, store(0, 4, 4), store(1, 4, 4), deviceStore(0))).toEqual([]);
  });

  it.each<[string, readonly Command[]]>([
    ['munmap()', [{ type: 'Munmap', ...at(4, 2) }]],
    ['MADV_DONTNEED and a new page', [{ type: 'Madvise', ...at(4, 2), advice: 'dontneed' }, store(0, 4, 2)]],
    ['exit', [{ type: 'Exit', task: 0 }]],
  ])('is not found when the owner gives the page up itself: %s', (_name, commands) => {
    expect(found([count], WRITE_PIN, ...commands)).toEqual([]);
  });

  it('is found after reclaim only when the owner comes back to another page', () => {
    const reclaim: Command = { type: 'Reclaim', task: 0, vpn: 4, nr: 2 };
    expect(found([count], WRITE_PIN, reclaim, load(0, 4, 2))).toEqual([]);
    // Before 5.18 a store that swaps the page in keeps it, whoever refers to it; one that finds it swapped in does not.
    expect(found([count], WRITE_PIN, reclaim, store(0, 4, 2))).toEqual([]);
    expect(ids(found([count], WRITE_PIN, reclaim, load(0, 4, 2), store(0, 4, 2)))).toEqual([['H1', 6]]);
    const careful: Overlay = { ...count, traits: { ...count.traits, swapInReuse: 'references' } };
    expect(ids(found([careful], WRITE_PIN, reclaim, store(0, 4, 2)))).toEqual([['H1', 5]]);
  });

  it('is found again for a pin that was taken again', () => {
    const again: readonly Command[] = [{ type: 'Unpin', pin: 1 }, WRITE_PIN, FORK, store(0, 4)];
    expect(ids(found([count], WRITE_PIN, FORK, store(0, 4), EXIT_CHILD, ...again))).toEqual([['H1', 5], ['H1', 10]]);
  });
});

describe('H2: the child has a hole where the parent has memory', () => {
  const DONTFORK: Command = { type: 'Madvise', ...at(5, 2), advice: 'dontfork' };

  it('is found when the child touches what MADV_DONTFORK left out', () => {
    expect(found([naive, dontfork], DONTFORK, FORK, store(1, 4, 4))).toEqual([
      { hazard: 'H2', position: 5, page: 5, task: 1,
        text: 'task 1 gets SIGSEGV at page 0x5: its parent has memory at 0x5-0x7 and fork() left it out' },
    ]);
    expect(ids(found([naive, dontfork], DONTFORK, FORK, load(1, 6)))).toEqual([['H2', 5]]);
  });

  it('is found in a grandchild too', () => {
    expect(ids(found([naive, dontfork], DONTFORK, FORK, { type: 'Fork', task: 1, child: 2 }, load(2, 6)))).toEqual([[
      'H2',
      6,
    ]]);
  });

  it.each<[string, readonly Command[]]>([
    ['an address that the parent never had', [load(1, 1)]],
    ['what the child unmapped itself', [{ type: 'Munmap', ...at(4, 1), task: 1 }, load(1, 4)]],
    ['a hole that the child filled, and emptied again', [map(5, 2, undefined, 1), load(1, 5), { type: 'Munmap',
      ...at(5, 2), task: 1 }, load(1, 5)]],
    ['a program that was started in the child', [{ type: 'Execve', task: 1 }, load(1, 5)]],
    ['the parent, which unmapped it', [{ type: 'Munmap', ...at(5, 2) }, load(0, 5)]],
  ])('is not found for %s', (_name, commands) => {
    const told = found([naive, dontfork], DONTFORK, FORK, ...commands);
    expect(told).toEqual([]);
  });
});

describe('H4: a process sees what another one wrote to its private memory', () => {
  it('is found for a pipe that a child filled before it unmapped the page (CVE-2020-29374)', () => {
    const attack: readonly Command[] = [FORK, pin(FOLL_GET, 0, 1, 4, 1), { type: 'Munmap', ...at(4, 1), task: 1 },
      store(0, 4)];
    expect(found([naive], ...attack)).toEqual([
      { hazard: 'H4', position: 6, page: 4, pin: 1, task: 0,
        text:
          'mm 0 stores to page 0x4 of private memory, and pipe 1, which another process filled, holds the same frame' },
    ]);
    expect(found([count], ...attack)).toEqual([]);
  });

  it('is found for a child that shares the page a device goes on writing', () => {
    expect(found([count], WRITE_PIN, FORK, deviceStore(1))).toEqual([
      { hazard: 'H4', position: 5, page: 5, pin: 1,
        text:
          'the device of pin 1, for mm 0, stores to page 0x5 of private memory, and mm 1 maps the same frame privately' },
    ]);
    expect(found([count, early], WRITE_PIN, FORK, deviceStore(1))).toEqual([]);
  });

  it('is found when the owner has moved away and only the child maps the page', () => {
    expect(ids(found([count], WRITE_PIN, FORK, store(0, 4), deviceStore(0)))).toEqual([['H1', 5], ['H4', 6]]);
    expect(ids(found([count], WRITE_PIN, FORK, { type: 'Exit', task: 0 }, deviceStore(0)))).toEqual([['H4', 6]]);
  });

  it('is found for a rule that lets everybody keep the page, at whatever address the other has it', () => {
    const reuses: Overlay = { id: 'reuses', hooks: { onWriteFault: () => 'reuse' } };
    const move: Command = { type: 'Mremap', task: 1, addr: 4 * PAGE_SIZE, oldLength: 2 * PAGE_SIZE,
      newLength: 2 * PAGE_SIZE, flags: MREMAP_MAYMOVE | MREMAP_FIXED, newAddr: 40 * PAGE_SIZE };
    expect(found([reuses], FORK, store(0, 4, 3))).toMatchObject([{ hazard: 'H4',
      text:
        'mm 0 stores to page 0x4 of private memory, and mm 1 maps the same frame privately; so for 2 more pages' }]);
    expect(ids(found([reuses], FORK, move, store(0, 4)))).toEqual([['H4', 5]]);
    expect(ids(found([reuses], FORK, { type: 'RemoteStore', task: 1, vpn: 4, value: 3 }))).toEqual([['H4', 4]]);
  });

  it('is not found for memory that is shared on purpose, with another process or a thread', () => {
    const shared = [map(4, 8, MAP_SHARED | MAP_ANONYMOUS), store(0, 4, 4)];
    expect(
      foundFrom(shared, [naive], WRITE_PIN, FORK, store(0, 4, 4), store(1, 4, 4), deviceStore(0), { type: 'RemoteStore',
        task: 1, vpn: 4, value: 3 }),
    ).toEqual([]);
    expect(found([naive], { type: 'CloneVm', task: 0, child: 1 }, store(0, 4), store(1, 4))).toEqual([]);
  });

  it('is not found for a file that one maps shared and another privately', () => {
    const stage: readonly Command[] = [{ type: 'CreateFile', file: 1, kind: 'memfd', nr: 4, base: 1, step: 1 },
      { ...map(4, 4, MAP_SHARED), file: 1 } as Command, store(0, 4), { type: 'Spawn', task: 5 },
      { ...map(4, 4, MAP_PRIVATE, 5), file: 1 } as Command, load(5, 4)];
    expect(foundFrom(stage, [naive], pin(FOLL_PIN | FOLL_WRITE, 1, 0, 4, 1), store(0, 4), deviceStore(0))).toEqual([]);
  });

  it('is not found when a process writes what it put into a pipe itself', () => {
    expect(found([naive], pin(FOLL_GET, 0), store(0, 4))).toEqual([]);
  });
});

describe('H7 and H8: no memory', () => {
  it('H7 is found when fork() fails', () => {
    const copies: Overlay = { id: 'copies', hooks: { onForkPage: () => 'copy' } };
    expect(found([copies], { type: 'SetPool', pagesLimit: 5 }, FORK)).toMatchObject([{ hazard: 'H7', position: 4,
      task: 0, text: expect.stringContaining('task 0 cannot fork: ENOMEM, ') }]);
    expect(found([copies], FORK, FORK)).toEqual([]);
  });

  const hugetlb = (
    pool: number,
  ): readonly Command[] => [{ type: 'SetPool', hugetlb: pool }, map(4, 4, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB),
    store(0, 4)];

  it('H7 and H8 are found when the early copy of a pinned hugetlb page finds the pool empty', () => {
    expect(ids(foundFrom(hugetlb(1), [hugetlbCopy], WRITE_PIN, FORK))).toEqual([['H7', 5], ['H8', 5]]);
    expect(foundFrom(hugetlb(2), [hugetlbCopy], WRITE_PIN, FORK)).toEqual([]);
  });

  it('H8 is found when a write to a shared hugetlb page finds the pool empty', () => {
    expect(foundFrom(hugetlb(1), [naive], FORK, store(1, 5))).toMatchObject([{ hazard: 'H8', position: 5, task: 1,
      page: 5, text: 'task 1 gets SIGBUS at page 0x5: the hugetlb pool is empty' }]);
    expect(foundFrom(hugetlb(2), [naive], FORK, store(1, 5))).toEqual([]);
  });

  it('H8 is not found for a SIGBUS past the end of a file', () => {
    const stage: readonly Command[] = [{ type: 'CreateFile', file: 1, kind: 'memfd', nr: 1, base: 1, step: 1 },
      { ...map(4, 4, MAP_PRIVATE), file: 1 } as Command];
    const lab = new Lab({ policy: stackPolicies([naive]), geometry: toyGeometry() });
    for (const command of [{ type: 'Spawn', task: 0 } as const, ...stage]) lab.execute(command);
    expect(lab.execute(load(0, 5)).result).toMatchObject({ errno: 'SIGBUS' });
    expect(foundFrom(stage, [naive], load(0, 5))).toEqual([]);
  });
});

describe('H9: an entry of the child allows more than its mapping', () => {
  const stage: readonly Command[] = [{ type: 'SetPool', hugetlb: 2 },
    map(4, 4, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB), store(0, 4), WRITE_PIN, { type: 'Mprotect', ...at(4, 4),
    prot: PROT_READ }];

  it('is found when a hugetlb copy ignores its mapping', () => {
    expect(foundFrom(stage, [{ ...hugetlbCopy, traits: { hugetlbCopyIgnoresVma: true } }], FORK)).toMatchObject([
      { hazard: 'H9', position: 6, task: 0, page: 4,
        text: 'page 0x4 of mm 1 is writable, its mapping is not (HugePageCopied)' },
    ]);
  });

  it('is not found when the copy asks its mapping', () => {
    expect(foundFrom(stage, [hugetlbCopy], FORK)).toEqual([]);
  });
});
