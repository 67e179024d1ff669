import { describe, expect, it } from '@jest/globals';
import { NAIVE_TRAITS, type Overlay, type Policy, stackPolicies, type Traits } from '@cowlab/core';
import { check } from './check.ts';
import type { CheckedLane, CheckOptions } from './check-result.ts';
import { ask } from './race/question.ts';
import type { Race, RaceActor } from './race/race.ts';
import { DEFAULT_SPECS, type SpecName } from './race/specs.ts';
import { replaySchedule } from './trail/trail-of.ts';

const early: Overlay = {
  id: 'early',
  hooks: {
    onForkPage: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : 'share'),
    onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy'),
  },
};
const laneOf = (name: string, traits: Partial<Traits> = {}, below: readonly Overlay[] = [early]): CheckedLane => {
  const [first, ...others] = below;
  const policy: Policy = stackPolicies([{ ...first, traits: { ...NAIVE_TRAITS, hasPinned: 'target', ...traits } },
    ...others]);
  return { name, policy };
};
const merged = laneOf('merged');
const seqcount = laneOf('seqcount', { writeProtectSeq: true });

const fork: RaceActor = { name: 'A', tlb: false, steps: [{ op: 'fork', p: 0, child: 1 }] };
const gup: RaceActor = { name: 'B', tlb: false, steps: [{ op: 'gupfast', p: 0, slot: 0, r: 0, start: 0, nr: 1 }] };
const raceOf = (actors: readonly RaceActor[], specs: readonly SpecName[] = DEFAULT_SPECS): Race => ({ name: 'race',
  title: 'A race', question: 'Who wins?',
  setup: { pool: 0,
    steps: [{ op: 'mmap', p: 0, r: 0, kind: 'anon', nr: 1 }, { op: 'write', p: 0, r: 0, page: 0, value: 1 }] }, actors,
  specs, weakened: [], verdicts: [], notes: [] });
const bfs: CheckOptions = { memory: 'sc', explorer: 'bfs' };

describe('check', () => {
  it('visits as many states depth first as breadth first', () => {
    const wide = check(raceOf([fork, gup]), seqcount, bfs);
    const deep = check(raceOf([fork, gup]), seqcount, { ...bfs, explorer: 'dfs' });
    expect(wide).toMatchObject({ verdict: 'safe', exhaustive: true });
    expect(deep).toMatchObject({ verdict: 'safe', exhaustive: true, states: wide.states, transitions: wide.transitions,
      finals: wide.finals });
  });

  it('never calls a bounded search a pass', () => {
    expect(check(raceOf([fork, gup]), seqcount, { ...bfs, maxStates: 50 })).toMatchObject({ verdict: 'bounded',
      exhaustive: false });
    expect(check(raceOf([fork, gup]), seqcount, { ...bfs, maxDepth: 3 })).toMatchObject({ verdict: 'bounded',
      exhaustive: false });
    expect(check(raceOf([fork, gup]), seqcount, { ...bfs, explorer: 'random', walks: 5 })).toMatchObject({
      verdict: 'bounded',
      exhaustive: false,
    });
  });

  it('finds the pin between the test and the write-protection, and gives the shortest way there', () => {
    const { verdict, trail, broken } = check(raceOf([fork, gup]), merged, bfs);
    expect(verdict).toBe('broken');
    expect(broken.map(({ spec }) => spec)).toContain('coherence');
    const order = trail?.steps.filter(({ step }) => ['read ref', 'ref += grab', 'pte := R'].includes(step)).map((
      { step },
    ) => step);
    expect(order).toEqual(['read ref', 'ref += grab', 'pte := R']);
    const deep = check(raceOf([fork, gup]), merged, { ...bfs, explorer: 'dfs' });
    expect(trail?.steps.length).toBeLessThanOrEqual(deep.trail?.steps.length ?? 0);
  });

  it('gives some trail where the whole search would be too large for the shortest', () => {
    const twice = raceOf([fork, gup, { ...gup, name: 'C',
      steps: [{ op: 'gupfast', p: 0, slot: 1, r: 0, start: 0, nr: 1 }] }]);
    const { states } = check(twice, merged, { ...bfs, reduce: true });
    const { verdict, trail } = check(twice, merged, { ...bfs, reduce: true, maxStates: states + 100 });
    expect(verdict).toBe('broken');
    expect(replaySchedule(ask(twice, merged.policy), 'merged', 'sc', trail?.schedule ?? '').broken).toEqual(
      trail?.broken,
    );
  });

  it.each(['random', 'pct'] as const)('finds it by %s walks, the same way for the same seed', (explorer) => {
    const options = { ...bfs, explorer, seed: 7, walks: 2000 };
    const once = check(raceOf([fork, gup]), merged, options);
    expect(once.verdict).toBe('broken');
    expect(check(raceOf([fork, gup]), merged, options).trail?.schedule).toBe(once.trail?.schedule);
  });

  it('replays a schedule to the same end', () => {
    const { trail } = check(raceOf([fork, gup]), merged, { ...bfs, memory: 'tso' });
    const again = replaySchedule(ask(raceOf([fork, gup]), merged.policy), 'merged', 'tso', trail?.schedule ?? '');
    expect(again.broken).toEqual(trail?.broken);
    expect(again.steps.map(({ step }) => step)).toEqual(trail?.steps.map(({ step }) => step));
    expect(() => replaySchedule(ask(raceOf([fork, gup]), merged.policy), 'merged', 'sc', 'B200')).toThrow(
      /cannot go on/,
    );
  });

  it('sees a deadlock: a device that waits for a pin nobody takes', () => {
    const device: RaceActor = { name: 'D', tlb: false, steps: [{ op: 'devwrite', slot: 3, page: 0, value: 9 }] };
    expect(check(raceOf([fork, device]), seqcount, bfs)).toMatchObject({ verdict: 'broken',
      broken: [{ spec: 'deadlock' }] });
  });

  it('sees a page that the child maps more permissively than its VMA allows', () => {
    const lax: Overlay = { id: 'lax', hooks: {}, traits: { hugetlbCopyIgnoresVma: true } };
    const copying: Overlay = { id: 'copying',
      hooks: { onForkHugetlb: (page) => (page.maybeDmaPinned ? 'copy' : 'share') } };
    const race = raceOf([fork], ['permissions']);
    const pinned: Race = {
      ...race,
      setup: {
        pool: 4,
        steps: [{ op: 'mmap', p: 0, r: 0, kind: 'huge', nr: 4 }, { op: 'write', p: 0, r: 0, page: 0, value: 1 }, {
          op: 'pin',
          p: 0,
          slot: 0,
          r: 0,
          start: 0,
          nr: 1,
        }, { op: 'mprotect', p: 0, r: 0, start: 0, nr: 4, prot: 'r' }],
      },
    };
    expect(check(pinned, laneOf('lax', { hugetlbCopyIgnoresVma: true }, [early, copying, lax]), bfs)).toMatchObject({
      verdict: 'broken',
      broken: [{ spec: 'permissions' }],
    });
    expect(check(pinned, laneOf('strict', {}, [early, copying]), bfs).verdict).toBe('safe');
  });

  it('tells a torn snapshot from a whole one', () => {
    const writer: RaceActor = { name: 'W', tlb: true,
      steps: [2, 3].flatMap((value) => [0, 1].map((page) => ({ op: 'write' as const, p: 0, r: 0, page, value }))) };
    const race = raceOf([fork, writer], ['snapshot']);
    const two = [{ op: 'mmap', p: 0, r: 0, kind: 'anon', nr: 2 }, { op: 'write', p: 0, r: 0, page: 0, value: 1 }, {
      op: 'write',
      p: 0,
      r: 0,
      page: 1,
      value: 1,
    }] as const;
    const pin = { op: 'pin', p: 0, slot: 0, r: 0, start: 0, nr: 1 } as const;
    expect(check({ ...race, setup: { pool: 0, steps: two } }, seqcount, bfs).verdict).toBe('safe');
    expect(check({ ...race, setup: { pool: 0, steps: [...two, pin] } }, seqcount, bfs)).toMatchObject({
      verdict: 'broken',
      broken: [{ spec: 'snapshot' }],
    });
  });

  it('stops when its time is up, and calls that no pass', () => {
    const racers = [fork, gup, { ...gup, name: 'C',
      steps: [{ op: 'gupfast', p: 0, slot: 1, r: 0, start: 0, nr: 1 }] }] as const;
    for (const reduce of [true, false]) {
      expect(check(raceOf(racers), seqcount, { ...bfs, reduce, maxSeconds: 0 })).toMatchObject({ verdict: 'bounded',
        exhaustive: false, finals: 0 });
    }
    expect(check(raceOf([fork, gup]), merged, { ...bfs, explorer: 'random', maxSeconds: 0 })).toMatchObject({
      verdict: 'bounded',
      states: 0,
    });
  });

  it('has an end where pins of two that are alike are first written in another pass', () => {
    const storing: RaceActor = { name: 'A', tlb: false,
      steps: [{ op: 'write', p: 0, r: 0, page: 0, value: 6 }, { op: 'madvise', p: 0, r: 0, start: 0, nr: 1,
        advice: 'dontneed' }] };
    const pins = [0, 1].map((slot): RaceActor => ({ name: `B${slot}`, tlb: false,
      steps: [{ op: 'gupfast', p: 0, slot, r: 0, start: 0, nr: 1 }] })
    );
    const race: Race = { ...raceOf([storing, ...pins]),
      setup: { pool: 0, steps: [{ op: 'mmap', p: 0, r: 0, kind: 'anon', nr: 1 }] } };
    expect(check(race, seqcount, { ...bfs, reduce: true, maxStates: 20_000 })).toMatchObject({ verdict: 'safe',
      exhaustive: true });
  });

  it('does not exchange two pins of which somebody uses one', () => {
    const pins = [0, 1].map((slot): RaceActor => ({ name: `B${slot}`, tlb: false,
      steps: [{ op: 'gupfast', p: 0, slot, r: 0, start: 0, nr: 1 }] })
    );
    const race = raceOf([...pins, { name: 'U', tlb: false, steps: [{ op: 'unpin', slot: 0 }] }]);
    const whole = check(race, seqcount, bfs);
    expect(check(race, seqcount, { ...bfs, reduce: true })).toMatchObject({ verdict: whole.verdict,
      finals: whole.finals });
  });

  it('refuses a policy that answers the same question differently, wherever it is asked', () => {
    let asked = 0;
    const fickle: Overlay = { id: 'fickle', hooks: { onForkPage: () => (asked++ % 2 === 0 ? 'copy' : 'share') } };
    const before: Race = { ...raceOf([gup]),
      setup: { pool: 0, steps: [...raceOf([]).setup.steps, { op: 'fork', p: 0, child: 1 }] } };
    const wording = /policy 'fickle': onForkPage answers \w+ once and \w+ then when the same question is asked twice/;
    expect(() => check(raceOf([fork, gup]), laneOf('fickle', {}, [early, fickle]), bfs)).toThrow(wording);
    expect(() => check(before, laneOf('fickle', {}, [early, fickle]), bfs)).toThrow(wording);
  });

  it('replays a deadlock to where nobody can go on', () => {
    const device: RaceActor = { name: 'D', tlb: false, steps: [{ op: 'devwrite', slot: 3, page: 0, value: 9 }] };
    const { trail, broken } = check(raceOf([fork, device]), seqcount, bfs);
    expect(replaySchedule(ask(raceOf([fork, device]), seqcount.policy), 'seqcount', 'sc', trail?.schedule ?? '').broken)
      .toEqual(broken);
  });

  it('lets fork() hold the page before it looks for a pin since 5.19, and not before', () => {
    const order = (lane: CheckedLane): readonly string[] => {
      const [trail] = [replaySchedule(ask(raceOf([fork]), lane.policy), lane.name, 'sc', 'A14')];
      return trail.steps.map(({ step }) => step).filter((step) => /ref|mapcount/.test(step));
    };
    expect(order(seqcount)).toEqual(['read ref', 'ref++, mapcount++']);
    expect(order(laneOf('exclusive', { writeProtectSeq: true, anonExclusive: true }))).toEqual(['ref++', 'read ref',
      'mapcount++']);
  });

  it('has no race between an unpin and a fork', () => {
    const race = raceOf([fork, { name: 'U', tlb: false, steps: [{ op: 'unpin', slot: 0 }] }]);
    const pinned: Race = { ...race,
      setup: { pool: 0, steps: [...race.setup.steps, { op: 'pin', p: 0, slot: 0, r: 0, start: 0, nr: 1 }] } };
    for (const memory of ['sc', 'tso'] as const)
      expect(check(pinned, seqcount, { ...bfs, memory })).toMatchObject({ verdict: 'safe', exhaustive: true });
  });
});
