/**
 * What the first, second and third fork() of uring-fork do to its registered pages, policy by policy and page by page.
 */
import { describe, expect, it } from '@jest/globals';
import { type Overlay, stackPolicies } from '@cowlab/core';
import { Lab } from '@cowlab/runtime';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { replayRegistered } from './registered.ts';
import type { RegisteredReport } from '../report/registered-report.ts';
import { planReplay } from '../plan/plan-replay.ts';

const naive: Overlay = { id: 'naive', hooks: { onWriteFault: (page) => (page.mapcount <= 1 ? 'reuse' : 'copy') } };
const dontfork: Overlay = { id: 'dontfork', hooks: { onForkVma: (vma) => (vma.dontCopy ? 'skip' : undefined) } };
const pageCount: Overlay = { id: 'page-count',
  hooks: { onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy') } };
const early: Overlay = {
  id: 'early',
  traits: { hasPinned: 'target' },
  hooks: { onForkPage: (page) => (page.mm.hasPinned && page.maybeDmaPinned ? 'copy' : undefined) },
};
const dontforkAll: Overlay = { id: 'dontfork-all', hooks: { onRegister: () => 'dontfork' } };

const fixture = (file: string): URL => new URL(`../../fixtures/${file}`, import.meta.url);
const unzipped = (file: string): string => gunzipSync(readFileSync(fixture(`${file}.gz`))).toString();
const recording = (name: string) => ({ name, strace: unzipped(`${name}.strace`), faults: unzipped(`${name}.faults`) });
const accesses = readFileSync(fixture('uring-fork.accesses'), 'utf8');
const stated = planReplay({ ...recording('uring-fork'), accesses });
const unstated = planReplay(recording('uring-fork'));
const report = (plan: typeof stated, ...overlays: Overlay[]): RegisteredReport =>
  replayRegistered(plan, new Lab({ policy: stackPolicies(overlays) }));

/** Each buffer's pages as initials: keeps, loses, depends. */
const fates = ({ buffers }: RegisteredReport): string[] =>
  buffers.map(({ pages }) => pages.map(({ fate }) => fate[0]).join(''));
const atForks = ({ forks }: RegisteredReport): string[] =>
  forks.map(({ shared, copied, hole, empty }) => [shared, copied, hole, empty].join('/'));
const SAFE = 'k'.repeat(16);
const PARENT = 12442;
const CHILD = 12443;
/** buf (3 pages), arena pages 3 to 22, safe. */
const [BUF, ARENA] = [0, 1];

describe('uring-fork with its unseen stores stated', () => {
  it('on naive COW loses the pages that the parent writes while the child lives: even arena pages and two of buf', () => {
    const found = report(stated, naive, dontfork);
    expect(fates(found)).toEqual(['lkl', 'kl'.repeat(10), SAFE]);
    expect(atForks(found)).toEqual(['23/0/16/0', '11/0/16/0', '0/0/0/0']);
    const lost = found.buffers.flatMap(({ pages }) => pages.flatMap(({ lost: loss }) => loss ?? []));
    expect(lost).toHaveLength(12);
    expect(lost.every(({ pid, cause }) => pid === PARENT && cause === 'cow')).toBe(true);
  });

  it('on naive COW names the store that moved the owner away', () => {
    const { why, forks } = report(stated, naive, dontfork).buffers[ARENA].pages[1];
    expect(why).toBe(
      `a store of pid ${PARENT} at 1795342140.176967 moved the owner to a copy, the device keeps the old page; `
        + `the fork() of child ${CHILD} had write-protected it`,
    );
    expect(forks).toMatchObject([{ child: CHILD, fate: 'shared' }]);
  });

  it('on naive COW leaves the page of buf that nobody writes with its device, in sight of both children', () => {
    const page = report(stated, naive, dontfork).buffers[BUF].pages[1];
    expect(page).toMatchObject({ fate: 'keeps', missing: null, lost: null });
    expect(page.forks).toMatchObject([{ child: CHILD, fate: 'shared' }, { child: 12444, fate: 'shared' }]);
  });

  it('where reuse asks for the reference count loses the odd arena pages as well, after the child is gone', () => {
    const found = report(stated, naive, dontfork, pageCount);
    expect(fates(found)).toEqual(['lkl', 'l'.repeat(20), SAFE]);
    expect(found.buffers[ARENA].pages[0].why).toMatch(/^a store of pid 12442 at 1795342140\.199583 moved the owner/);
  });

  it('with the early copy keeps everything and copies 23 pages at each fork() while they are registered', () => {
    const found = report(stated, naive, dontfork, pageCount, early);
    expect(fates(found)).toEqual(['kkk', 'k'.repeat(20), SAFE]);
    expect(atForks(found)).toEqual(['0/23/16/0', '0/23/16/0', '0/0/0/0']);
    expect(found.run.mismatches).toEqual([]);
  });

  it('with MADV_DONTFORK on all that is registered keeps everything, and the child dies of its holes', () => {
    const found = report(stated, naive, dontfork, dontforkAll);
    expect(fates(found)).toEqual(['kkk', 'k'.repeat(20), SAFE]);
    expect(atForks(found)).toEqual(['0/0/39/0', '0/0/39/0', '0/0/0/0']);
    const arena = [4, 8, 12, 16, 20].map((page) => ({ pid: CHILD, addr: 0x7fcce5483000 + page * 4096, pin: 2,
      foreign: false })
    );
    expect(found.holeAccesses).toMatchObject([...arena, { pid: CHILD, addr: 0x5623ec850a30, pin: 1, foreign: true }]);
    expect(found.run.mismatches.map(({ kind }) => kind)).toEqual(Array(6).fill('signal'));
  });

  it('has foreign bytes on the first and last page of the unaligned heap block, and nowhere else', () => {
    expect(report(stated, naive).buffers.map(({ lint }) => lint)).toEqual([
      [{ vpn: 0x5623ec84e, foreignBytes: 64 }, { vpn: 0x5623ec850, foreignBytes: 3 * 4096 - 64 - 10_000 }],
      [],
      [],
    ]);
  });

  it('holds its buffers from registering to unregistering', () => {
    const { buffers } = report(stated, naive);
    expect(
      buffers.map((
        { granted, released, registration },
      ) => [granted, stated.items[registration.item].source.line, stated.items[released ?? 0].source.line]),
    ).toEqual(
      Array(3).fill([true, 21, 57]),
    );
  });
});

describe('uring-fork without them', () => {
  it('depends, page by page, wherever fork() shared what the recorded kernel copied', () => {
    for (const overlays of [[naive, dontfork], [naive, dontfork, pageCount]]) {
      expect(fates(report(unstated, ...overlays))).toEqual(['ddd', 'd'.repeat(20), SAFE]);
    }
    expect(report(unstated, naive, dontfork).buffers[ARENA].pages[0]).toMatchObject({
      why:
        'loses its device if the owner writes it before the child does; the recording cannot show stores to this page',
      missing: 'stores of pid 12442 and of pid 12443 to page 0x7fcce5486 from 1795342140.176726 to 1795342140.220373',
    });
  });

  it('is as sure as with them where fork() copies or leaves out', () => {
    for (const last of [early, dontforkAll])
      expect(fates(report(unstated, naive, dontfork, last)).join('')).toBe('k'.repeat(39));
  });
});

describe('fio-fixedbufs', () => {
  const found = report(planReplay(recording('fio-fixedbufs')), naive, dontfork);

  it('keeps all sixteen buffers even on naive COW: its workers fork nothing while they are registered', () => {
    expect(fates(found)).toEqual(Array(16).fill('kk'));
    expect(atForks(found)).toEqual(['0/0/0/0', '0/0/0/0']);
    expect(found.buffers.map(({ registration }) => registration.pid)).toEqual([...Array<number>(8).fill(12478),
      ...Array<number>(8).fill(12477)]);
  });

  it("shares pages with other data only at the two ends of each worker's row of buffers", () => {
    expect(found.buffers.flatMap(({ lint }, i) => lint.map(({ foreignBytes }) => [i, foreignBytes]))).toEqual([[0,
      1056], [7, 3040], [8, 1056], [15, 3040]]);
  });
});
