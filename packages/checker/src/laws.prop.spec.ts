import { describe, expect, it } from '@jest/globals';
import { NAIVE_TRAITS, type Overlay, stackPolicies, type Traits } from '@cowlab/core';
import type { CheckedLane } from './check-result.ts';
import { lawful } from './laws.ts';
import { formatRace } from './race/format-race.ts';
import { parseRace } from './race/parse-race.ts';
import { randomRace } from './race/random-race.ts';
import { randomSource } from './search/random.ts';

const early: Overlay = {
  id: 'early',
  hooks: {
    onForkPage: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : 'share'),
    onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy'),
  },
};
const laneOf = (name: string, traits: Partial<Traits>): CheckedLane => ({ name,
  policy: stackPolicies([{ ...early, traits: { ...NAIVE_TRAITS, hasPinned: 'target', ...traits } }]) });
const LANES = [laneOf('merged', {}), laneOf('wrprotect-first', { forkOrder: 'wrprotect-first' }),
  laneOf('seqcount', { writeProtectSeq: true, pmdSplitLocksPage: true }),
  laneOf('exclusive', { writeProtectSeq: true, anonExclusive: true, unmapRechecks: true, exclusiveBarriers: true,
    pmdSplitLocksPage: true }),
  laneOf('faults beside fork', { anonExclusive: true, pmdSplitLocksPage: true, faultLock: 'anonymous-vma' }),
  laneOf('locks of VMAs', { anonExclusive: true, pmdSplitLocksPage: true, faultLock: 'vma', forkLocksVmas: true,
    clearRefsLock: 'mmap-write', clearRefsSparesPins: true })];
/** `npm run races` tries as many as there is time for. */
const RACES = Number(process.env.RUNS ?? 16);
const SEED = Number(process.env.SEED ?? 1);
const MAX_STATES = 12_000;

describe.each(['sc', 'tso'] as const)('under %s every search of a race', (memory) => {
  it('keeps to the laws', () => {
    const came = { safe: 0, broken: 0, tooLarge: 0 };
    for (let nr = 0; nr < RACES; nr++) {
      const random = randomSource(SEED * 1_000_003 + nr);
      const race = randomRace(random, `race-${nr}`);
      const found = lawful(race, LANES[nr % LANES.length], memory, { maxStates: MAX_STATES });
      expect(found.kind === 'fails' ? `${found.law}: ${found.what}\n${formatRace(race)}` : '').toBe('');
      if (found.kind === 'holds') came[found.verdict]++;
      if (found.kind === 'tooLarge') came.tooLarge++;
    }
    // Else the laws would have been held against little.
    expect(came.safe).toBeGreaterThan(RACES / 4);
    expect(came.broken).toBeGreaterThan(0);
  }, 60_000);
});

describe('a race at random', () => {
  it('is one that a file could hold, with twins, every kind of memory and every weakening among them', () => {
    const seen = new Set<string>();
    for (let nr = 0; nr < 300; nr++) {
      const race = randomRace(randomSource(nr), 'x');
      expect(formatRace(parseRace(formatRace(race), 'x'))).toBe(formatRace(race));
      for (const step of race.setup.steps) if (step.op === 'mmap') seen.add(step.kind);
      for (const name of race.weakened) seen.add(name);
      const programs = race.actors.map(({ steps }) => JSON.stringify(steps.map((step) => ({ ...step, slot: 0 }))));
      if (new Set(programs).size < programs.length) seen.add('twins');
      for (const { steps } of race.actors) for (const { op } of steps) seen.add(op);
    }
    expect([...seen].sort()).toEqual(['anon', 'clearrefs', 'fork', 'gupfast', 'huge', 'ksm', 'lock', 'madvise',
      'mprotect', 'munmap', 'pin', 'read', 'rpin', 'spin', 'swapout', 'thp', 'touch', 'twins', 'vmsplice', 'write',
      'wrprotect']);
  });
});
