/** Every verdict of the gallery: what the files claim is what the search finds, in every order. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkRace, chooseRaceLanes, memoriesOf, replayRace } from './check.ts';
import { openWorkplace } from '@cowlab/composition/node';
import type { Workplace } from '@cowlab/composition';
import { galleryNames, readRace } from '../node/races.ts';

const PATIENCE_MS = 120_000;
let workplace: Workplace;
beforeAll(async () => {
  workplace = await openWorkplace(import.meta.dirname);
});

describe.each(galleryNames())('%s', (name) => {
  const race = readRace(name, import.meta.dirname);

  it('comes out as it says, and broken orders come out broken again', async () => {
    for (const lane of await chooseRaceLanes(undefined, race, workplace)) {
      for (const memory of memoriesOf(race, lane)) {
        const { verdict, exhaustive, claim, broken, trail } = checkRace(race, lane, { memory, explorer: 'bfs',
          reduce: true });
        const where = `${lane.name}, ${memory}: `;
        expect(where + verdict).toBe(where + claim);
        expect(exhaustive).toBe(verdict === 'safe');
        expect(trail === null).toBe(verdict === 'safe');
        if (trail === null) continue;
        expect(broken).not.toEqual([]);
        const again = replayRace(race, lane, memory, trail.schedule);
        expect(again.broken).toEqual(trail.broken);
        expect(again.steps).toHaveLength(trail.steps.length);
      }
    }
  }, PATIENCE_MS);
});

describe('the gallery', () => {
  /** Section of the races' table, or what is asked besides: the race that answers. */
  const ASKED: readonly (readonly [what: string, ...races: string[]])[] = [['the v2 trick', 'v2-trick',
    'v2-trick-2-pages'], ['the v2 trick without a full barrier', 'v2-trick-plain-store'], ['the swapped order',
    'swapped-order'], ['5.9 as merged', 'merged-5.9', 'merged-5.9-2-pages'], ['the seqcount', 'seqcount',
    'seqcount-2-pages', 'seqcount-3-pages', 'seqcount-3-pages-2-gups', 'seqcount-slow-path'], [
    'each of its checks left out',
    'seqcount-one-look',
  ], ['the seqcount without a barrier', 'seqcount-no-barrier'], ['FOLL_GET', 'foll-get'], ['has_pinned too late',
    'has-pinned-too-late'], ['PAE cleared outside fork()', 'exclusive-clear-ksm', 'exclusive-clear-swap'], [
    'PAE and fork()',
    'exclusive-fork-write-pin',
    'exclusive-fork-write-pin-2-pages',
    'exclusive-fork-read-pin',
    'exclusive-fork-write-pin-ro',
    'exclusive-fork-read-pin-ro',
  ], ['R/O pins before 5.19', 'read-pin-of-read-only-page'], ['ABA', 'aba-restore'], ['reclaim', 'reclaim-against-pin'],
    ['THP', 'thp', 'thp-whole', 'thp-pinned-before'], ['the split of a THP', 'thp-split-store'], ['hugetlb', 'hugetlb'],
    ['the torn snapshot', 'torn-snapshot', 'torn-snapshot-without-pin', 'torn-snapshot-one-page'], ['forking twice',
    'fork-twice', 'two-forks-at-once', 'child-forks'], ['unpin', 'unpin', 'unpin-2-pages'], ['stores', 'store-fork-pin',
    'store-fork-tlb', 'device-store-fork'], ['unmapping', 'dontneed', 'munmap'], [
    'faults under the lock of a VMA',
    'fault-under-vma-lock',
  ], ['soft-dirty', 'clear-refs-pinned-before', 'clear-refs-pin', 'clear-refs-foll-get', 'clear-refs-stale-entry']];

  it.each(ASKED)('has an answer to: %s', (_, ...races) => {
    expect(races.filter((race) => !galleryNames().includes(race))).toEqual([]);
  });

  it('claims often enough that something is broken, and that something is safe', () => {
    const claims = galleryNames().flatMap((name) =>
      readRace(name, import.meta.dirname).verdicts.flatMap(({ lanes, memory, safe }) =>
        Array.from({ length: lanes.length * memory.length }, () => safe)
      )
    );
    expect(claims.filter((safe) => safe).length).toBeGreaterThan(150);
    expect(claims.filter((safe) => !safe).length).toBeGreaterThan(60);
  });

  it('has no race that answers nothing', () => {
    const asked = ASKED.flatMap(([, ...races]) => races);
    expect(galleryNames().filter((name) => !asked.includes(name))).toEqual([]);
  });
});
