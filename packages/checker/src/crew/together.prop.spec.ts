import { afterAll, describe, expect, it } from '@jest/globals';
import { NAIVE_TRAITS, type Overlay, stackPolicies, type Traits } from '@cowlab/core';
import { ask } from '../race/question.ts';
import { formatRace } from '../race/format-race.ts';
import { parseRace } from '../race/parse-race.ts';
import { randomRace } from '../race/random-race.ts';
import { type Explored, explored } from '../search/explored.ts';
import { randomSource } from '../search/random.ts';
import { wayTo } from '../search/way.ts';
import { Threads } from '../threads.ts';
import { NOBODY } from './helpers.ts';
import { together } from './together.ts';

const early: Overlay = { id: 'early', hooks: {
  onForkPage: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : 'share'),
  onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy'),
} };
const policyOf = (traits: Partial<Traits>) =>
  stackPolicies([{ ...early, traits: { ...NAIVE_TRAITS, hasPinned: 'target', ...traits } }]);
const POLICIES = [policyOf({}), policyOf({ writeProtectSeq: true, pmdSplitLocksPage: true }),
  policyOf({ writeProtectSeq: true, anonExclusive: true, unmapRechecks: true, exclusiveBarriers: true,
    pmdSplitLocksPage: true })];
/** `RUNS=1000 SEED=5` tries more. */
const RACES = Number(process.env.RUNS ?? 8);
const SEED = Number(process.env.SEED ?? 1);
const MAX_STATES = 6000;

const helpers = new Threads(1);
afterAll(() => helpers.close());

const told = ({ states, transitions, depth, finals, stuck, complete, found }: Explored) => ({ states, transitions,
  depth, finals, stuck, complete, found: found === null
    ? null
    : `${found.kind} ${found.what} ${wayTo(found.search, found.state).join()}` });

describe.each(['sc', 'tso'] as const)('under %s a search by several threads', (memory) => {
  it.each([true, false])('says what one thread says: states, ends and the way to what is broken (reduced: %s)',
    (reduce) => {
      let [safe, broken] = [0, 0];
      for (let nr = 0; nr < RACES; nr++) {
        const race = randomRace(randomSource(SEED * 1_000_003 + nr), `race-${nr}`);
        const policy = POLICIES[nr % POLICIES.length];
        const [one, two, alone] = [ask(race, policy), ask(race, policy), ask(race, policy)];
        const options = (question: typeof one) => ({ memory, reduce,
          limits: { maxStates: MAX_STATES, maxDepth: Infinity }, onFinal: (value: (variable: number) => number) =>
            question.judge(value).length > 0 });
        const expected = explored(one.automaton, { ...options(one), order: 'bfs' });
        // With a limit, what one thread has followed by then depends on how often it began again.
        if (!expected.complete && expected.found === null) continue;
        if (expected.found === null) safe++;
        else broken++;
        for (const [question, others] of [[two, helpers], [alone, NOBODY]] as const) {
          const said = together(question.automaton, { ...options(question), alone: 40, wake: 2 }, others);
          expect({ race: formatRace(race), ...told(said) }).toEqual({ race: formatRace(race), ...told(expected) });
        }
      }
      // Else little was held against anything.
      expect(safe).toBeGreaterThan(0);
      expect(broken).toBeGreaterThan(0);
    }, 120_000);
});

describe('a search in a bound of bytes', () => {
  const RACE = parseRace(`title Two pages
mmap 0 0 anon 2
write 0 0 0 1
actor A
  fork 0 1
actor B
  gupfast 0 0 0 0 2
actor C
  gupfast 0 1 0 0 2
`, 'race');
  it('ends where the states hold so many, and says that it is not whole', () => {
    const question = ask(RACE, POLICIES[0]);
    const options = { memory: 'tso', reduce: false, onFinal: () => false } as const;
    const limits = { maxStates: 1e6, maxDepth: Infinity };
    const whole = together(question.automaton, { ...options, limits: { ...limits, maxBytes: 1e9 }, alone: 40 }, NOBODY);
    expect(whole.complete).toBe(true);
    const cut = together(question.automaton, { ...options, limits: { ...limits, maxBytes: 1.5e6 }, alone: 40 }, NOBODY);
    expect(cut.complete).toBe(false);
    expect(cut.states).toBeLessThan(whole.states);
    expect(cut.bytes).toBeLessThanOrEqual(1.5e6);
  });
});
