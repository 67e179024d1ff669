import { describe, expect, it } from '@jest/globals';
import { NAIVE_TRAITS, type Overlay, type Policy, stackPolicies, type Traits } from '@cowlab/core';
import fc from 'fast-check';
import type { RaceStep } from '../machine/operations.ts';
import { ask } from '../race/question.ts';
import type { Race } from '../race/race.ts';
import { DEFAULT_SPECS } from '../race/specs.ts';
import type { Automaton } from '../machine/automaton.ts';
import { type Exhausted, exhaust } from './exhaust.ts';
import type { Memory } from '../memory/memory.ts';
import { persistent } from './reduce.ts';
import type { SearchMoves } from './search-moves.ts';
import { symmetry } from './symmetry.ts';

const early: Overlay = {
  id: 'early',
  hooks: {
    onForkPage: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : 'share'),
    onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy'),
  },
};
const policyOf = (traits: Partial<Traits>): Policy =>
  stackPolicies([{ ...early, traits: { ...NAIVE_TRAITS, hasPinned: 'target', ...traits } }]);
const POLICIES = [policyOf({}), policyOf({ forkOrder: 'wrprotect-first' }), policyOf({ writeProtectSeq: true }),
  policyOf({ writeProtectSeq: true, gupSeqChecks: 'first' })];

const page = fc.constantFrom(0, 1);
const value = fc.integer({ min: 1, max: 3 });
const step = (slot: number): fc.Arbitrary<RaceStep> =>
  fc.oneof(
    fc.record({ op: fc.constantFrom('pin' as const, 'gupfast' as const, 'rpin' as const), p: fc.constant(0),
      slot: fc.constant(slot), r: fc.constant(0), start: page, nr: fc.constant(1) }),
    fc.record({ op: fc.constant('write' as const), p: fc.constant(0), r: fc.constant(0), page, value }),
    fc.record({ op: fc.constant('read' as const), p: fc.constant(0), r: fc.constant(0), page }),
    fc.record({ op: fc.constant('swapout' as const), p: fc.constant(0), r: fc.constant(0), start: page,
      nr: fc.constant(1) }),
    fc.record({ op: fc.constant('madvise' as const), p: fc.constant(0), r: fc.constant(0), start: page,
      nr: fc.constant(1), advice: fc.constant('dontneed' as const) }),
  );
const races: fc.Arbitrary<Race> = fc.record({ tlb: fc.boolean(), other: step(0), third: fc.option(step(1)),
  lock: fc.boolean() }).map(({ tlb, other, third, lock }) => ({
    name: 'random',
    title: 'random',
    question: 'random',
    setup: {
      pool: 0,
      steps: [{ op: 'mmap', p: 0, r: 0, kind: 'anon', nr: 2 }, { op: 'write', p: 0, r: 0, page: 0, value: 7 }, {
        op: 'write',
        p: 0,
        r: 0,
        page: 1,
        value: 8,
      }],
    },
    actors: [{ name: 'A', tlb: false, steps: [{ op: 'fork', p: 0, child: 1 }] }, { name: 'B', tlb, steps: [other] },
      ...(third === null ? [] : [{ name: 'C', tlb: false, steps: [third] }])],
    specs: DEFAULT_SPECS,
    weakened: lock ? ['lock' as const] : [],
    verdicts: [],
    notes: [],
  }));

const LIMIT = 30_000;
const RUNS = Number(process.env.RUNS ?? 25);
const SEED = Number(process.env.SEED ?? 1);

/** What is left at the ends: every word, by its value. */
function ends(automaton: Automaton, { space, finals, stuck }: Exhausted, base: number): readonly string[] {
  return [...finals, ...stuck].map((state) =>
    automaton.variables
      .map(({ word, values }, v) =>
        [word, values[base + v < space.sizes.length ? space.get(state, base + v) : 0]] as const
      )
      .filter(([word, now]) => now !== automaton.watched.get(word)).map(([word, now]) => `${word}=${now}`).sort().join()
  ).sort();
}

function explored(
  race: Race,
  policy: Policy,
  memory: Memory,
  reduction: object,
): { readonly ends: readonly string[]; readonly verdicts: readonly string[]; readonly states: number;
  readonly complete: boolean }
{
  const question = ask(race, policy);
  const verdicts = new Set<string>();
  let base = 0;
  const onFinal = (search: SearchMoves, state: number): boolean => {
    base = search.base;
    for (const { spec } of question.judge((
      v,
    ) => (search.base + v < search.space.sizes.length ? search.space.get(state, search.base + v) : 0)))
      verdicts.add(spec);
    return false;
  };
  const done = exhaust(question.automaton, { memory, order: 'bfs', limits: { maxStates: LIMIT, maxDepth: Infinity },
    onFinal, ...reduction });
  return { ends: ends(question.automaton, done, base), verdicts: [...verdicts].sort(), states: done.space.count,
    complete: done.complete };
}

describe('a reduced search', () => {
  it('ends where the whole search ends, with the same verdicts', () => {
    fc.assert(
      fc.property(races, fc.constantFrom(...POLICIES), fc.constantFrom<Memory>('sc', 'tso'), (race, policy, memory) => {
        const whole = explored(race, policy, memory, {});
        fc.pre(whole.complete);
        const reduced = explored(race, policy, memory, { reduce: persistent });
        expect(reduced.ends).toEqual(whole.ends);
        expect(reduced.verdicts).toEqual(whole.verdicts);
        expect(reduced.states).toBeLessThanOrEqual(whole.states);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it('gives the same verdicts where threads that are alike are exchanged', () => {
    fc.assert(
      fc.property(races, step(0), fc.constantFrom(...POLICIES), fc.constantFrom<Memory>('sc', 'tso'),
        (race, both, policy, memory) => {
          fc.pre('slot' in both);
          const twins: Race = { ...race,
            actors: [race.actors[0],
              ...[0, 1].map((slot) => ({ name: `B${slot}`, tlb: false, steps: [{ ...both, slot }] }))] };
          const whole = explored(twins, policy, memory, {});
          fc.pre(whole.complete);
          const reduced = explored(twins, policy, memory, { reduce: persistent, symmetry });
          expect(reduced.verdicts).toEqual(whole.verdicts);
          expect(whole.ends).toEqual(expect.arrayContaining([...reduced.ends]));
          expect(reduced.ends.length * 2).toBeGreaterThanOrEqual(whole.ends.length);
        }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
