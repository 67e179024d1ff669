/** What the first access to anonymous memory finds, where the zero page may be mapped and where not. */
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
/** A THP of the toy: 4 to 7. */
const NR = 4;
const at = (vpn: number, nr: number): { addr: number; length: number } => ({ addr: vpn * 4096, length: nr * 4096 });
const load = (nr: number): Command => ({ type: 'Load', task: 0, vpn: FIRST, nr });
const READ = 1;
const READ_WRITE = 3;
const KINDS: readonly Traits['zeroPage'][] = ['mapped', 'by-split', 'forbidden'];
const FORBIDDING = KINDS.filter((kind) => kind !== 'mapped');

/** Task 0 with four pages that nobody touched. */
function machine(
  zeroPage: Traits['zeroPage'],
  prot: number,
  huge = false,
): { run: (command: Command) => string[]; page: (vpn: number) => PageSnapshot; hash: () => string } {
  const world = new World(toyGeometry());
  const traits = { anonExclusive: true, splitDropsZeroes: true, zeroPage };
  const kernel = new Kernel(world,
    stackPolicies([{ id: 'pae', hooks: { onWriteFault: (page) => (page.exclusive ? 'reuse' : 'copy') }, traits }]));
  const run = (command: Command): string[] => {
    const { result, events } = execute(kernel, command);
    expect(checkInvariants(world, { anonExclusive: true })).toEqual([]);
    expect(result).toMatchObject({ ok: true });
    return events.map(({ type }) => type);
  };
  run({ type: 'Spawn', task: 0 });
  run({ type: 'Mmap', task: 0, ...at(FIRST, NR), prot, flags: 0x22 });
  if (huge) run({ type: 'Madvise', task: 0, ...at(FIRST, NR), advice: 'hugepage' });
  return { run, page: (vpn) => inspectPage(world, 0, vpn), hash: () => world.hash() };
}

describe('a load from untouched anonymous memory', () => {
  it('maps the zero page, which costs no memory', () => {
    const { run, page } = machine('mapped', READ_WRITE);
    run(load(1));
    expect(page(FIRST)).toMatchObject({ present: true, zero: true, writable: false, value: 0 });
  });

  it.each(FORBIDDING)(
    'gets a page of its own where the zero page is forbidden (%s), and a store to it then meets no fault',
    (kind) => {
      const { run, page } = machine(kind, READ_WRITE);
      expect(run(load(1))).toContain('AnonVmaPrepared');
      expect(page(FIRST)).toMatchObject({ present: true, zero: false, anon: true, exclusive: true, writable: true,
        dirty: true, mapcount: 1, value: 0 });
      expect(run({ type: 'Store', task: 0, vpn: FIRST, nr: 1, value: 1 })).toEqual(['PagesStored']);
    },
  );

  it.each(FORBIDDING)('gets one that may not be written where the mapping may not (%s)', (kind) => {
    const { run, page } = machine(kind, READ);
    run(load(1));
    expect(page(FIRST)).toMatchObject({ present: true, zero: false, exclusive: true, writable: false, dirty: false });
  });

  it.each(FORBIDDING)('gets a THP where one may lie (%s)', (kind) => {
    const { run, page } = machine(kind, READ_WRITE, true);
    expect(run(load(1))).toContain('HugePageMapped');
    expect(page(FIRST + 3)).toMatchObject({ present: true, zero: false, large: true, writable: true });
  });

  it.each(FORBIDDING)('is no other for a pin that only reads (%s): the device has the owner’s page', (kind) => {
    const { run, page } = machine(kind, READ_WRITE);
    const events = run({ type: 'Pin', task: 0, pin: 0, vpn: FIRST, nr: 1, flags: FOLL_PIN, device: 1 });
    expect(events.filter((type) => /Mapped|Broken/.test(type))).toEqual(['AnonPagesMapped']);
    expect(page(FIRST)).toMatchObject({ zero: false, exclusive: true, writable: true });
  });

  it.each(KINDS.flatMap((kind) => [[kind, READ], [kind, READ_WRITE]] as const))(
    'leaves the same world page by page and all at once (%s, protection %i)',
    (kind, prot) => {
      const [one, all] = [machine(kind, prot), machine(kind, prot)];
      for (let vpn = FIRST; vpn < FIRST + NR; vpn++) one.run({ type: 'Load', task: 0, vpn, nr: 1 });
      const mapped = all.run(load(NR)).filter((type) => type.endsWith('PagesMapped'));
      expect(mapped).toEqual([kind === 'mapped' ? 'ZeroPagesMapped' : 'AnonPagesMapped']);
      expect(all.hash()).toBe(one.hash());
    },
  );
});

describe('a THP of zeroes, of which a part is freed,', () => {
  it.each([['mapped', true], ['by-split', true], ['forbidden', false]] as const)(
    '%s: its other pages go to the zero page: %s',
    (kind, zero) => {
      const { run, page } = machine(kind, READ_WRITE, true);
      run({ type: 'Store', task: 0, vpn: FIRST + 1, nr: 1, value: 1 });
      run({ type: 'Madvise', task: 0, ...at(FIRST, 1), advice: 'free' });
      expect(page(FIRST + 1)).toMatchObject({ zero: false, value: 1 });
      expect(page(FIRST + 3)).toMatchObject({ present: true, zero, large: false });
    },
  );
});

describe('an access past the end of a file', () => {
  /** Two pages of a file and two beyond it, mapped from page `first` on; the toy's window of fault-around is 4 pages. */
  function mapped(first: number, flags = 0x12): { run: (command: Command) => string; present: () => string } {
    const world = new World(toyGeometry());
    const kernel = new Kernel(world, stackPolicies([]));
    const run = (command: Command): string => {
      const { result } = execute(kernel, command);
      expect(checkInvariants(world)).toEqual([]);
      return result.ok ? 'ok' : result.errno;
    };
    run({ type: 'Spawn', task: 0 });
    run({ type: 'CreateFile', file: 1, kind: 'memfd', nr: 2, base: 0x80, step: 1 });
    run({ type: 'Mmap', task: 0, ...at(first, 4), prot: READ_WRITE, flags, file: 1 });
    const pages = (): string =>
      [0, 1, 2, 3].map((i) => (inspectPage(world, 0, first + i).present ? 'P' : '-')).join('');
    return { run, present: pages };
  }

  it('as a load maps what the cache has in its window, and then comes to SIGBUS', () => {
    const { run, present } = mapped(5);
    expect(run({ type: 'Load', task: 0, vpn: 7, nr: 1 })).toBe('SIGBUS');
    expect(present()).toBe('PP--');
  });

  it('as a load maps nothing where the window holds nothing of the file', () => {
    const { run, present } = mapped(6);
    expect(run({ type: 'Load', task: 0, vpn: 8, nr: 1 })).toBe('SIGBUS');
    expect(present()).toBe('----');
  });

  it('as a store maps nothing, private or shared', () => {
    for (const flags of [0x12, 0x11]) {
      const { run, present } = mapped(5, flags);
      expect(run({ type: 'Store', task: 0, vpn: 7, nr: 1, value: 1 })).toBe('SIGBUS');
      expect(present()).toBe('----');
    }
  });
});
