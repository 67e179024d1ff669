import { describe, expect, it } from '@jest/globals';
import { execute, inspectPage, Kernel, NAIVE_TRAITS, type Overlay, type PageSnapshot, type Policy, stackPolicies, TASK,
  type Traits, World } from '@cowlab/core';
import { Driver, type Step } from '@cowlab/scenario';
import fc from 'fast-check';
import { RACE_GEOMETRY } from '../race/geometry.ts';
import { ask } from '../race/question.ts';
import type { Race } from '../race/race.ts';
import { Buffers } from '../memory/buffers.ts';
import { Moves } from '../search/moves.ts';
import { FLUSH } from '../search/space.ts';

const early: Overlay = {
  id: 'early',
  hooks: {
    onForkPage: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : 'share'),
    onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy'),
  },
};
const exclusive: Overlay = {
  id: 'exclusive',
  hooks: {
    onForkPage: (page) => (page.anon && page.exclusive && page.mm.hasPinned && page.maybeDmaPinned ? 'copy' : 'share'),
    onWriteFault: (page) => (page.exclusive || page.refcount === 1 ? 'reuse' : 'copy'),
    onGup: (page, { pin, write }) => (pin && !write && page.anon && !page.exclusive ? 'unshare' : undefined),
  },
};
const policyOf = (overlay: Overlay, traits: Partial<Traits>): Policy =>
  stackPolicies([{ ...overlay, traits: { ...NAIVE_TRAITS, hasPinned: 'target', ...traits } }]);
const POLICIES = [policyOf(early, {}), policyOf(early, { forkOrder: 'wrprotect-first' }),
  policyOf(early, { writeProtectSeq: true }),
  policyOf(exclusive, { writeProtectSeq: true, anonExclusive: true, unmapRechecks: true, exclusiveBarriers: true })];

const page = fc.constantFrom(0, 1);
const range = { p: fc.constant(0), r: fc.constant(0), start: page, nr: fc.constant(1) };
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant('write' as const), p: fc.constant(0), r: fc.constant(0), page,
    value: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ op: fc.constant('read' as const), p: fc.constant(0), r: fc.constant(0), page }),
  fc.record({ op: fc.constantFrom('swapout' as const, 'munmap' as const), ...range }),
  fc.record({ op: fc.constant('madvise' as const), ...range, advice: fc.constant('dontneed' as const) }),
  fc.record({ op: fc.constant('mprotect' as const), ...range, prot: fc.constantFrom('r' as const, 'rw' as const) }),
  fc.record({ op: fc.constantFrom('pin' as const, 'rpin' as const, 'vmsplice' as const), slot: fc.constant(0),
    ...range }),
);

/** Each kind of holding once, and one fork somewhere. */
const programs = fc.tuple(fc.array(anyStep, { maxLength: 6 }), fc.nat(6),
  fc.constantFrom<'anon' | 'thp' | 'huge'>('anon', 'thp', 'huge')).map(([steps, at, kind]) => {
    const seen = new Set<string>();
    // swapout and munmap of a part of a huge page are calls of another kind; holding twice in a slot is refused.
    const once = steps.filter((step) => {
      if (kind !== 'anon'
        && (step.op === 'swapout' || step.op === 'munmap' || step.op === 'madvise' || step.op === 'mprotect'))
        return false;
      const key = step.op === 'vmsplice' ? 'pipe' : 'slot' in step ? 'pin' : '';
      if (key === '') return true;
      const first = !seen.has(key);
      seen.add(key);
      return first;
    });
    const fork: Step = { op: 'fork', p: 0, child: 1 };
    // In a race swapout is the kernel's own reclaim, which takes what others map too; MADV_PAGEOUT leaves that.
    const after = once.slice(at).filter(({ op }) => op !== 'swapout');
    return { kind, steps: [...once.slice(0, at), fork, ...after] };
  });

const setupOf = (
  kind: 'anon' | 'thp' | 'huge',
): readonly Step[] => [{ op: 'mmap', p: 0, r: 0, kind, nr: kind === 'anon' ? 2 : 4 }, { op: 'write', p: 0, r: 0,
  page: 0, value: 1 }, { op: 'write', p: 0, r: 0, page: 1, value: 2 }];

/** Frames are numbered differently where actors have pools of their own; who refers to the same one has to agree. */
function pagesOf(world: World, start: number): readonly unknown[] {
  const classes = new Map<number, number>();
  return [0, 1].flatMap((task) =>
    [0, 1].map((at) => {
      if (!world.tasks.isLive(task)) return null;
      const { pfn, head, swapSlot, ...rest }: PageSnapshot = inspectPage(world, world.tasks.get(task, TASK.MM),
        start + at);
      void head;
      if (!classes.has(pfn)) classes.set(pfn, classes.size);
      return { ...rest, page: pfn < 0 ? -1 : classes.get(pfn), swapped: swapSlot !== null };
    })
  );
}

describe('the steps of an actor', () => {
  it.each([['sc'], ['tso']] as const)('one after the other do what the commands do (%s)', (memory) => {
    fc.assert(fc.property(programs, fc.constantFrom(...POLICIES), ({ kind, steps }, policy) => {
      const world = new World(RACE_GEOMETRY);
      const k = new Kernel(world, policy);
      const driver = new Driver((command) => execute(k, command).result, RACE_GEOMETRY, 8);
      for (const step of [...setupOf(kind), ...steps]) driver.step(step);

      const race: Race = { name: 'alone', title: 'alone', question: 'alone', setup: { pool: 8, steps: setupOf(kind) },
        actors: [{ name: 'A', tlb: false, steps }], specs: [], weakened: [], verdicts: [], notes: [] };
      const { automaton } = ask(race, policy);
      const moves = new Moves(automaton, memory, new Buffers());
      const at = moves.initial();
      for (let enabled = moves.enabled(at); enabled.length > 0; enabled = moves.enabled(at))
        moves.apply(at, enabled.includes(FLUSH) ? FLUSH : enabled[0]);
      expect(moves.isThrough(at)).toBe(true);
      automaton.variables.forEach(({ word, values }, v) => automaton.watched.set(word, values[at.values[v]]));
      expect(pagesOf(automaton.watched.world, driver.regionStart(0))).toEqual(pagesOf(world, driver.regionStart(0)));
    }), { numRuns: Number(process.env.RUNS ?? 150), seed: Number(process.env.SEED ?? 1) });
  });
});
