/** What was wrong with the series as posted, next to what was merged. Races are not shown: every step here is whole. */
import { compose } from '@cowlab/composition';
import { definePolicy } from '@cowlab/plugin-api';
import type { Lab } from '@cowlab/runtime';
import { type Command, evolve, execute, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, inspectPage,
  PAGE_SIZE } from '@cowlab/core';
import { describe, expect, it } from '@jest/globals';
import { BUFFER, labOf, lanesOf, mapping, mmOf, pageOf, run, SERIES } from './lanes.ts';

const STORE: Command = { type: 'Store', task: 0, vpn: BUFFER, nr: 1, value: 1 };
const PIN: Command = { type: 'Pin', task: 0, pin: 1, vpn: BUFFER, nr: 1, flags: FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE,
  device: 1 };
const FORK: Command = { type: 'Fork', task: 0, child: 1 };
type Told<T> = Readonly<Record<(typeof SERIES)[number], T>>;

async function both<T>(ask: (lane: string) => Promise<T>): Promise<Told<T>> {
  const [posted, merged] = await Promise.all(SERIES.map(ask));
  return { 'posted-v2': posted, 'linux-5.9': merged };
}

describe('the early copy', () => {
  const childPage = (lane: string) =>
    labOf(lane).then((lab) => {
      run(lab, STORE, PIN, FORK);
      return pageOf(lab, 1);
    });

  it("is made in both, dirty, writable and with the parent's byte", async () => {
    for (const page of Object.values(await both(childPage)))
      expect(page).toMatchObject({ value: 1, mapcount: 1, dirty: true, writable: true });
  });

  it('is on the LRU only as merged', async () => {
    expect(await both((lane) => childPage(lane).then(({ lru }) => lru))).toEqual({ 'posted-v2': false,
      'linux-5.9': true });
  });

  it('starts young as posted, old as merged', async () => {
    expect(await both((lane) => childPage(lane).then(({ young }) => young))).toEqual({ 'posted-v2': true,
      'linux-5.9': false });
  });
});

describe('a pin that another process asks for', () => {
  const DRIVER = 9;
  const remote = (lane: string) =>
    labOf(lane).then((lab) => {
      run(lab, STORE, { type: 'Spawn', task: DRIVER }, { ...PIN, by: DRIVER }, FORK, { ...STORE, value: 2 });
      return lab;
    });
  const diverged = ({ world }: Lab): boolean => world.pin(1).pages.some(({ pfn, ownerPfn }) => pfn !== ownerPfn);

  it('marks the process that asks as posted, the owner of the pages as merged', async () => {
    const marked = (lab: Lab) => ({ owner: mmOf(lab, 0).hasPinned, asking: mmOf(lab, DRIVER).hasPinned });
    expect(await both((lane) => remote(lane).then(marked))).toEqual({ 'posted-v2': { owner: false, asking: true },
      'linux-5.9': { owner: true, asking: false } });
  });

  it("is lost by the owner's store after fork() as posted, kept as merged", async () => {
    expect(await both((lane) => remote(lane).then(diverged))).toEqual({ 'posted-v2': true, 'linux-5.9': false });
  });

  it('that a process asks for itself is kept in both', async () => {
    expect(await both((lane) =>
      labOf(lane).then((lab) => {
        run(lab, STORE, { ...PIN, by: 0 }, FORK, { ...STORE, value: 2 });
        return diverged(lab);
      })
    )).toEqual({ 'posted-v2': false, 'linux-5.9': false });
  });
});

describe('the entry of a pinned page', () => {
  /** MADV_FREE leaves an entry that is writable, clean and old. */
  const OLD: Command = { type: 'Madvise', task: 0, addr: BUFFER * PAGE_SIZE, length: PAGE_SIZE, advice: 'free' };

  /** While fork() works on the page, hardware walks the parent's tables for another thread and notes the access. */
  async function noted(lane: string, at: string): Promise<boolean> {
    const lab = await labOf(lane);
    run(lab, STORE, PIN, OLD);
    expect(pageOf(lab, 0)).toMatchObject({ writable: true, young: false, dirty: false });
    let walks = 0;
    const machine = lab.branch();
    const mm = lab.world.mmOf(0);
    machine.onStep = (path, step) => {
      if (path !== 'fork' || step !== at || walks++ > 0) return;
      evolve(machine.world, { type: 'PtesAccessed', mm, vpn: BUFFER, nr: 1, dirty: false });
    };
    expect(execute(machine, FORK).result.ok).toBe(true);
    expect(walks).toBeGreaterThan(0);
    return inspectPage(machine.world, mm, BUFFER).young;
  }

  it('loses what hardware notes between write-protecting and restoring as posted: the snapshot is older', async () => {
    expect(await noted('posted-v2', 'read ref')).toBe(false);
  });

  it('keeps what hardware notes as merged, where it is never touched', async () => {
    expect(await noted('linux-5.9', 'read ref')).toBe(true);
    expect(await noted('linux-5.9', 'copy page, set child pte')).toBe(true);
  });

  it('ends as it began in both', async () => {
    for (const lane of SERIES) {
      const lab = await labOf(lane);
      run(lab, STORE, PIN);
      const { writable, young, dirty, pfn } = pageOf(lab, 0);
      run(lab, FORK);
      expect(pageOf(lab, 0)).toMatchObject({ writable, young, dirty, pfn });
    }
  });
});

describe('when fork() asks whether a page is pinned', () => {
  /** Whether the parent may still store to the page, small or huge, at the moment of the question. */
  async function writableWhenAsked(lane: string, huge: boolean): Promise<boolean[]> {
    const seen: boolean[] = [];
    const asked = (): undefined => void seen.push(pageOf(lab, 0).writable);
    const watch = definePolicy({ id: 'watch', summary: 'Looks at the parent when fork() asks.', onForkPage: asked,
      onForkHugePmd: asked });
    const [{ name, stack }] = await lanesOf(lane);
    const [lab] = compose([{ name, stack: [...stack, { plugin: watch, options: {} }] }]);
    // A step that is watched is not done in bulk.
    lab.tracepoints.on('step', () => undefined);
    run(lab, { type: 'Spawn', task: 0 }, mapping(0, 512));
    if (huge)
      run(lab, { type: 'Madvise', task: 0, addr: BUFFER * PAGE_SIZE, length: 512 * PAGE_SIZE, advice: 'hugepage' });
    run(lab, STORE);
    expect(pageOf(lab, 0).level).toBe(huge ? 1 : 0);
    run(lab, PIN, FORK);
    return huge ? seen.slice(0, 1) : seen;
  }

  it('a small one is write-protected already as posted, and not as merged', async () => {
    expect(await both((lane) => writableWhenAsked(lane, false).then((seen) => seen.every(Boolean)))).toEqual({
      'posted-v2': false,
      'linux-5.9': true,
    });
    expect((await writableWhenAsked('posted-v2', false)).some(Boolean)).toBe(false);
  });

  it('a huge one is not, in either: what protects small pages from fast GUP is missing there', async () => {
    expect(await both((lane) => writableWhenAsked(lane, true))).toEqual({ 'posted-v2': [true], 'linux-5.9': [true] });
  });
});

describe('when no page can be had for the copy', () => {
  it.each(SERIES)('%s: fork() fails, the parent keeps its memory and its pin, and nothing is left behind',
    async (lane) => {
      const lab = await labOf(lane, 2);
      run(lab, { ...STORE, nr: 2 }, { ...PIN, vpn: BUFFER + 1 });
      const machine = lab.branch();
      machine.allocates = (what) => what !== 'prealloc';
      const page = (vpn: number) => inspectPage(machine.world, lab.world.mmOf(0), vpn);
      expect(execute(machine, FORK).result).toMatchObject({ ok: false, errno: 'ENOMEM' });
      expect(machine.world.pages.used).toBe(lab.world.pagesUsed);
      expect(page(BUFFER + 1)).toMatchObject({ writable: true, value: 1, mapcount: 1 });
      // The page before it was shared and taken back: the next store finds it alone and keeps it.
      expect(page(BUFFER)).toMatchObject({ writable: false, value: 1, mapcount: 1 });
      const { pfn } = page(BUFFER);
      expect(execute(machine, { ...STORE, value: 2 }).result.ok).toBe(true);
      expect(page(BUFFER)).toMatchObject({ pfn, writable: true, value: 2 });
    });
});
