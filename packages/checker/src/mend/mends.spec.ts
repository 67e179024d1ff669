import { describe, expect, it } from '@jest/globals';
import { NAIVE_TRAITS, stackPolicies } from '@cowlab/core';
import { check } from '../check.ts';
import { parseRace } from '../race/parse-race.ts';
import { leastOf, mendRace } from './mends.ts';

const RACE = `title The seqcount without the barrier of a lock
mmap 0 0 anon 1
write 0 0 0 1
weaken lock
actor A
  fork 0 1
actor B
  gupfast 0 0 0 0 1
`;
const seqcount = { name: 'seqcount', policy: stackPolicies([{ id: 'seqcount', hooks: {
  onForkPage: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : 'share'),
  onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy'),
}, traits: { ...NAIVE_TRAITS, hasPinned: 'target', writeProtectSeq: true } }]) };

describe('the barriers that mend a race', () => {
  it.each(['tso', 'armv8'] as const)('under %s make it safe, and leave it broken without any one of them', (memory) => {
    const race = parseRace(RACE, 'race');
    const options = { memory, explorer: 'bfs', reduce: true } as const;
    const { verdict, answer, sets } = mendRace(race, seqcount, { memory, reduce: true });
    expect([verdict, answer]).toEqual(['broken', 'mended']);
    expect(sets.length).toBeGreaterThan(0);
    for (const { strengthen, restore } of sets) {
      const weakened = race.weakened.filter((name) => !restore.includes(name));
      expect(check({ ...race, strengthened: strengthen, weakened }, seqcount, options).verdict).toBe('safe');
      for (const left of strengthen) {
        const strengthened = strengthen.filter((name) => name !== left);
        expect(check({ ...race, strengthened, weakened }, seqcount, options).verdict).toBe('broken');
      }
    }
  });

  it('are none of those whose step nobody comes by', () => {
    const { tried } = mendRace(parseRace(RACE, 'race'), seqcount, { memory: 'tso' });
    expect(tried.strengthen).not.toContain('shared');
    expect(tried).toMatchObject({ strengthen: expect.arrayContaining(['seq', 'pin']), restore: ['lock'] });
  });

  it('are not looked for where nothing is known to be broken yet', () => {
    expect(mendRace(parseRace(RACE, 'race'), seqcount, { memory: 'tso', maxStates: 250 })).toMatchObject({
      verdict: 'bounded',
      answer: 'bounded',
      sets: [],
      undecided: [],
      searches: 1,
    });
  });

  it('are the least ones, and sets that could not be searched to the end are told of', () => {
    const safe = (set: readonly string[]): boolean => set.includes('a') || (set.includes('b') && set.includes('c'));
    const { sets, undecided } = leastOf(['a', 'b', 'c', 'd'],
      (set) => set.join('') === 'bd' ? 'bounded' : safe(set) ? 'safe' : 'broken');
    expect(sets).toEqual([['a'], ['b', 'c']]);
    expect(undecided).toEqual([['b', 'd']]);
  });
});
