/**
 * Recordings as plans: small ones made up line by line, and the three of real programs against the kernel that ran
 * them.
 */
import { describe, expect, it } from '@jest/globals';
import { type Overlay, stackPolicies } from '@cowlab/core';
import { Lab } from '@cowlab/runtime';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { PlanItem } from './plan.ts';
import { planReplay, type Recording } from './plan-replay.ts';
import { runPlan } from '../replay/run-plan.ts';

const naive: Overlay = { id: 'naive', hooks: { onWriteFault: (page) => (page.mapcount <= 1 ? 'reuse' : 'copy') } };
const dontfork: Overlay = { id: 'dontfork', hooks: { onForkVma: (vma) => (vma.dontCopy ? 'skip' : undefined) } };
const early: Overlay = {
  id: 'early',
  traits: { hasPinned: 'target' },
  hooks: {
    onForkPage: (page) => (page.mm.hasPinned && page.maybeDmaPinned ? 'copy' : undefined),
    onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy'),
  },
};
/** The kernel of the recordings, 6.18, as far as they exercise it. */
const recorded: Overlay = {
  id: 'recorded',
  traits: { hasPinned: 'target', anonExclusive: true, mprotectWritable: 'exclusive' },
  hooks: { ...early.hooks, onWriteFault: (page) => (page.exclusive || page.refcount === 1 ? 'reuse' : 'copy') },
};
const LANES: Record<string, Overlay[]> = { naive: [naive, dontfork], early: [naive, dontfork, early],
  recorded: [naive, dontfork, recorded] };
const lane = (name: string): Lab => new Lab({ policy: stackPolicies(LANES[name]) });

const fixture = (file: string): URL => new URL(`../../fixtures/${file}`, import.meta.url);
const unzipped = (file: string): string => gunzipSync(readFileSync(fixture(`${file}.gz`))).toString();
const recordingOf = (name: string): Recording => ({ name, strace: unzipped(`${name}.strace`),
  faults: unzipped(`${name}.faults`) });
const PLANS = ['uring-fork', 'redis-bgsave', 'fio-fixedbufs'].map((name) => planReplay(recordingOf(name)));
const [uring, redis] = PLANS;

describe.each(PLANS)('the recording $name', (plan) => {
  it.each(['naive', 'early'])(
    'replays whole on the %s lane: each call comes to what was recorded, no access dies, each task ends',
    (name) => {
      const here = lane(name);
      expect(runPlan(plan, here).mismatches).toEqual([]);
      const left = plan.tasks.filter(({ task }) => here.execute({ type: 'Exit', task }).result.ok);
      expect(left).toEqual([]);
    },
  );

  it('faults in the model of the recorded kernel wherever it faulted in the kernel', () => {
    const samples = plan.items.filter((item) => item.kind === 'access');
    const { mismatches, faults } = runPlan(plan, lane('recorded'), { asRecorded: true });
    expect(mismatches).toEqual([]);
    expect(faults).toEqual({ here: samples.length, notHere: 0 });
    expect(plan.notes).toEqual([]);
  });

  it('gives the same plan each time', () => {
    // As text: the plan is plain data, and jest takes long over ten thousand items.
    expect(JSON.stringify(planReplay(recordingOf(plan.name))) === JSON.stringify(plan)).toBe(true);
  });
});

describe('a plan', () => {
  it('leads every lane of one policy to the same world', () => {
    const [one, other, naively] = [lane('early'), lane('early'), lane('naive')];
    for (const here of [one, other, naively]) runPlan(uring, here);
    expect(other.hash).toBe(one.hash);
    expect(naively.hash).not.toBe(one.hash);
  });
});

describe('redis-bgsave', () => {
  /** Between these the child only sleeps between keys: Redis reported one number for the whole time. */
  const QUIET_MICROS = [1795342133.8e6, 1795342138.7e6];

  it.each(['naive', 'recorded'])('comes to the copy-on-write size that Redis itself measured, on the %s lane',
    (name) => {
      const here = lane(name);
      const before = { ...redis, items: redis.items.filter(({ at }) => at.micros < QUIET_MICROS[0]) };
      expect(redis.items.some(({ at }) => at.micros >= QUIET_MICROS[0] && at.micros < QUIET_MICROS[1])).toBe(false);
      runPlan(before, here);
      const made = here.log.findLast(({ command }) => command.type === 'Fork')?.events ?? [];
      const child = made.find((event) => event.type === 'MmCreated')?.mm ?? -1;
      let privateDirty = 0;
      for (const { start, end } of here.world.mm(child).vmas) {
        for (let vpn = start; vpn < end; vpn++) {
          const { anon, mapcount, dirty, pageDirty } = here.world.page(child, vpn);
          if (anon && mapcount === 1 && (dirty || pageDirty)) privateDirty++;
        }
      }
      expect(privateDirty * 4096).toBe(13_594_624);
    });
});

describe('the comparison with the recording', () => {
  const withItem = (change: (item: PlanItem) => PlanItem[]) => ({ ...uring, items: uring.items.flatMap(change) });
  const isArenaFault = (item: PlanItem): boolean => item.kind === 'access' && item.addr === 0x7fcce5490000;

  it('notices a fault that the model has no need of', () => {
    const twice = withItem((item) => (isArenaFault(item) ? [item, item] : [item]));
    expect(runPlan(twice, lane('recorded'), { asRecorded: true }).mismatches).toMatchObject([{ kind: 'no-fault' }]);
    expect(runPlan(twice, lane('recorded')).faults.notHere).toBe(1);
  });

  it('notices a call that returns something else, and an access to nothing', () => {
    const wrong = withItem((
      item,
    ) => (item.kind === 'call' && item.call === 'brk' && item.returns === 0x5623ec871000
      ? [{ ...item, returns: 1 }]
      : [item])
    );
    expect(runPlan(wrong, lane('naive')).mismatches).toMatchObject([{ kind: 'result',
      what: 'Brk returned 0x5623ec871000; recorded 0x1' }]);
    const unmapped = withItem((item) => (item.kind === 'call' && item.returns === 0x7fcce5473000 ? [] : [item]));
    const { mismatches } = runPlan(unmapped, lane('naive'));
    expect(mismatches.filter(({ kind }) => kind === 'signal')).toHaveLength(16);
  });

  it('notices each stated store that the recorded kernel would have had to serve', () => {
    const plan = planReplay({ ...recordingOf('uring-fork'),
      accesses: readFileSync(fixture('uring-fork.accesses'), 'utf8') });
    expect(runPlan(plan, lane('recorded'), { asRecorded: true }).mismatches).toEqual([]);
    const { mismatches } = runPlan(plan, lane('naive'), { asRecorded: true });
    expect(mismatches.map(({ kind }) => kind)).toEqual(Array(28).fill('fault'));
  });
});
