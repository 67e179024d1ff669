/** Projections against what can be counted otherwise, and profiles of costs that name their source. */
import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../audit/damage.ts';
import { forkTime, readCostProfile, SHIPPED_COSTS } from './profile.ts';
import { project, uniquePages } from './project.ts';
import { fromRedis, fromSmaps } from './sources.ts';
import { spreadOf } from './spread.ts';

/** Stores thrown one by one, by the law of shares. */
function thrown(pages: number, stores: number, skew: number, seed: number): number {
  const random = randomOf(seed);
  const sums: number[] = [];
  for (let rank = 1; rank <= pages; rank++) sums.push((sums.at(-1) ?? 0) + rank ** -skew);
  const met = new Set<number>();
  for (let nr = 0; nr < stores; nr++) {
    const at = random() * (sums.at(-1) ?? 1);
    let [low, high] = [0, pages - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] > at) high = middle;
      else low = middle + 1;
    }
    met.add(low);
  }
  return met.size;
}

describe('pages that stores copy after fork()', () => {
  it.each([[2000, 500, 0], [2000, 2000, 0], [2000, 20_000, 0], [5000, 3000, 0.8], [5000, 20_000, 1], [5000, 9000,
    1.2]])(
      'of %s pages, by %s stores with skew %s, lie within the interval 19 times of 20',
      (pages, stores, skew) => {
        const { mean, deviation } = uniquePages(pages, stores, skew);
        const runs = Array.from({ length: 60 }, (_, seed) => thrown(pages, stores, skew, seed * 7919 + 1));
        // The number of stores is fixed here and Poisson there, which only makes the interval wider.
        const within = runs.filter((run) => Math.abs(run - mean) <= 1.96 * deviation + 1).length;
        expect(within).toBeGreaterThanOrEqual(57);
        const average = runs.reduce((sum, run) => sum + run, 0) / runs.length;
        expect(Math.abs(average - mean)).toBeLessThan(0.005 * pages);
      },
    );
  it('are none without stores, and all with ever so many', () => {
    expect(uniquePages(1000, 0, 0)).toEqual({ mean: 0, deviation: 0 });
    expect(uniquePages(1000, 1e9, 0).mean).toBeCloseTo(1000);
    expect(uniquePages(0, 100, 1).mean).toBe(0);
  });
  it('are quickly counted of a terabyte', () => {
    const began = performance.now();
    uniquePages(2 ** 28, 1e9, 0.99);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('a projection', () => {
  const [xeon] = SHIPPED_COSTS;
  const input = { pages: 262_144, pinned: 0, thp: 0, writesPerSecond: 10_000, seconds: 10, skew: 0 };
  it('says what was measured: 20 ms for 1 GiB on the slower machine, half a second when it is held', () => {
    const shared = project(input, xeon).forkNanos;
    expect(shared.low).toBeLessThan(7.7e6);
    expect(shared.high).toBeGreaterThan(10.8e6);
    const held = project({ ...input, pinned: 262_144 }, xeon);
    expect(held.forkNanos.low).toBeLessThan(317.8e6);
    expect(held.forkNanos.high).toBeGreaterThan(377.8e6);
    expect(held.peakBytes.middle).toBeGreaterThan(2 * 2 ** 30);
    expect(held.pagesCopied.middle).toBe(0);
  });
  it('counts the memory of both: what is copied comes on top, and page tables', () => {
    const { peakBytes, pagesCopied, commitBytes } = project(input, xeon);
    expect(peakBytes.middle).toBeCloseTo(2 ** 30 + 512 * 4096 + pagesCopied.middle * 4096, -3);
    expect(commitBytes).toBe(2 ** 30);
  });
});

describe('what people have', () => {
  it('INFO of Redis tells memory, writes since the last save and how long it took', () => {
    const found = fromRedis(
      '# Server\r\nserver_time_usec:1795833800000000\r\nused_memory:700\r\nused_memory_rss:40960\r\n'
        + 'rdb_changes_since_last_save:1200\r\nrdb_last_save_time:1795833740\r\nrdb_last_bgsave_time_sec:3\r\n'
        + 'rdb_last_cow_size:1048576\r\nlatest_fork_usec:30681\r\n',
    );
    expect(found).toMatchObject({ pages: 10, writesPerSecond: 20, seconds: 3 });
    expect(found.notes.join('\n')).toMatch(/copied 1\.0 MiB.*\n.*took 30\.7 ms/);
    expect(fromRedis('# nothing\n')).toEqual({ notes: [] });
  });
  it('smaps_rollup tells private pages and huge ones', () => {
    expect(fromSmaps('Rss: 9000 kB\nAnonymous:   8192 kB\nAnonHugePages: 4096 kB\nSwap: 12 kB\n')).toEqual({
      pages: 2048,
      thp: 1024,
      notes: ['12 KiB are swapped out: they are shared as swap entries, and not counted'],
    });
  });
});

describe('a profile of costs', () => {
  it('names its source, and its ends are in order', () => {
    for (const profile of SHIPPED_COSTS) {
      expect(profile.source).toMatch(/Linux 6\.18.*20\d\d-\d\d-\d\d/);
      expect(readCostProfile(JSON.stringify(profile))).toEqual(profile);
      const { low, middle, high } = forkTime(profile, { shared: 1000, early: 10, thp: 5 });
      expect([low <= middle, middle <= high]).toEqual([true, true]);
    }
  });
  it.each([['{', 'it is no JSON'], ['{}', 'it is not what cowlab calibrate writes'], [
    JSON.stringify({ ...SHIPPED_COSTS[0], forkCall: { low: 2, middle: 1, high: 3 } }),
    'its forkCall is no interval of nanoseconds',
  ]])('is refused when it is none: %s', (text, why) => {
    expect(readCostProfile(text)).toBe(why);
  });
});

describe('where 19 of 20 further runs lie', () => {
  it('is told from nine of them, of times that are log-normal', () => {
    const random = randomOf(7);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    let within = 0;
    for (let nr = 0; nr < 400; nr++) {
      const { low, high } = spreadOf(Array.from({ length: 9 }, () => Math.exp(5 + 0.4 * normal())));
      const next = Math.exp(5 + 0.4 * normal());
      if (low <= next && next <= high) within++;
    }
    expect(within / 400).toBeGreaterThan(0.92);
    expect(within / 400).toBeLessThan(0.98);
  });
});
