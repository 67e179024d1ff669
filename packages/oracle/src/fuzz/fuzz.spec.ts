/** A model under one policy plays the kernel, so that what is wrong with the other is known. */
import { describe, expect, it } from '@jest/globals';
import { type Overlay, type Policy, stackPolicies } from '@cowlab/core';
import { formatStep, parseScenario, type Program } from '@cowlab/scenario';
import { reportingOf } from '../compare/reporting.ts';
import { runProgram } from '../golden/run-program.ts';
import { fuzz, type FuzzReport, type FuzzSettings } from './fuzz.ts';
import { knownCells } from './fuzz-cells.ts';
import { type Asked, judgeUnder } from './fuzz-judge.ts';
import type { FuzzKernel, KernelAnswer } from './fuzz-kernel.ts';
import { fuzzProgram } from '../programs/fuzz-program.ts';
import { savedFinding } from './fuzz-save.ts';

const RELEASE = '6.18.0';
const reporting = reportingOf(RELEASE);
const cow: Overlay = {
  id: 'cow',
  traits: { anonExclusive: true, hasPinned: 'target', hugetlbDontneed: true, mergesIntoEmpty: true,
    freesEmptyTables: true, writeProtectSeq: true },
  hooks: {
    onForkVma: (vma) => (vma.dontCopy ? 'skip' : vma.wipeOnFork ? 'wipe' : 'copy'),
    onForkPage: (page) => (page.anon && page.exclusive && page.maybeDmaPinned ? 'copy' : 'share'),
    onForkHugetlb: (page) => (page.exclusive && page.maybeDmaPinned ? 'copy' : 'share'),
    onWriteFault: (page) => (page.exclusive ? 'reuse' : 'copy'),
    onWriteFaultHugePmd: (page) => (page.exclusive ? 'reuse' : 'split'),
    onWriteFaultHugetlb: (page) => (page.exclusive ? 'reuse' : 'copy'),
    onGup: (page, { pin, write }) => (pin && !write && page.anon && !page.exclusive ? 'unshare' : 'take'),
  },
};
const right = stackPolicies([cow]);
const wrong = (hooks: Overlay['hooks']): Policy => stackPolicies([cow, { id: 'wrong', hooks }]);

const answerOf = (program: Program): KernelAnswer => ({ observations: runProgram(program, right, reporting) });
const kernel = (answer: (program: Program) => KernelAnswer = answerOf): FuzzKernel => ({ release: RELEASE,
  ask: (programs) => programs.map((program) => Promise.resolve(answer(program))) });

/** Wrong after MADV_WIPEONFORK alone. */
const forgetsWipe = wrong({ onForkVma: (vma) => (vma.wipeOnFork ? 'copy' : undefined) });

function run(model: Policy, changes: Partial<FuzzSettings> = {}, on = kernel()): Promise<FuzzReport> {
  const judge = judgeUnder(model, reporting);
  return fuzz({ seed: 5, kinds: 'golden', programs: 30, secondsMax: Infinity, findingsMax: 1,
    cells: knownCells(model.traits, 'golden'), judge: (asked) => Promise.resolve(judge(asked)), ...changes }, on);
}

describe('random programs on a kernel and a model', () => {
  it('do not part where the model is right', async () => {
    const told: number[] = [];
    const report = await run(right, { onProgress: ({ nrPrograms }) => void told.push(nrPrograms) });
    expect(report).toMatchObject({ release: RELEASE, nrPrograms: 30, diverging: [], findings: [], unjudged: [],
      nrReporting: 0 });
    expect(told).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
  });

  it('part where a rule is wrong, and are shrunk to what the rule is about', async () => {
    const { findings: [{ number, shrunk }], diverging } = await run(forgetsWipe);
    expect(diverging).toEqual([number]);
    expect(shrunk?.program.steps.map(formatStep).sort()).toEqual(['fork 0 1', 'madvise 0 0 0 1 wipeonfork',
      'mmap 0 0 anon 1', 'write 0 0 0 1']);
    expect(shrunk?.divergence).toMatchObject({ step: 3, kernel: 'mapcount 1', model: 'mapcount 2' });
  });

  it.each([
    ['copies where it should reuse', { onWriteFault: (page) => (page.exclusive ? 'copy' : undefined) }],
    ['shares pinned pages', { onForkPage: () => 'share' }],
    ['reuses hugetlb pages that others see', { onWriteFaultHugetlb: () => 'reuse' }],
    ['pins a shared page for reading', { onGup: () => 'take' }],
    ['keeps huge pages that others see', { onWriteFaultHugePmd: () => 'reuse' }],
  ] as const satisfies readonly (readonly [string, Overlay['hooks']])[])('show in at most 6 steps that a model %s',
    async (_, hooks) => {
      const { findings } = await run(wrong(hooks), { programs: 400 });
      expect(findings).toHaveLength(1);
      expect(findings[0].shrunk?.program.steps.length).toBeLessThanOrEqual(6);
      expect(findings[0].shrunk?.minimal).toBe(true);
    });

  it('are told in the order of their numbers, whoever judges them and when', async () => {
    const judge = judgeUnder(forgetsWipe, reporting);
    let nr = 0;
    const unordered = (asked: Asked): ReturnType<FuzzSettings['judge']> =>
      new Promise((resolve) => void setTimeout(() => resolve(judge(asked)), (nr++ * 7) % 5));
    const settings = { programs: 12, findingsMax: Infinity } as const;
    expect(await run(forgetsWipe, { ...settings, judge: unordered })).toEqual(await run(forgetsWipe, settings));
  });

  it('that look alike are one finding', async () => {
    const { findings, diverging } = await run(wrong({ onForkPage: () => 'share' }), { programs: 20,
      findingsMax: Infinity });
    expect(diverging.length).toBeGreaterThan(findings.length);
    const texts = findings.map(({ shrunk }) => JSON.stringify(shrunk?.program.steps));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('can be asked for alone', async () => {
    const { findings: [first], diverging } = await run(forgetsWipe, { findingsMax: Infinity });
    const alone = await run(forgetsWipe, { programs: [diverging[0]] });
    expect(alone).toMatchObject({ nrPrograms: 1, findings: [first] });
  });

  it('are not shrunk where the kernel answers in two ways', async () => {
    const asked = new Set<string>();
    const fickle = kernel((program) => {
      const text = JSON.stringify(program.steps);
      const first = !asked.has(text);
      asked.add(text);
      const said = answerOf(program);
      return 'failure' in said || !first
        ? said
        : { observations: said.observations.map((one) => (one.i === 0 ? { ...one, ret: 77 } : one)) };
    });
    const { findings } = await run(right, { programs: 3 }, fickle);
    expect(findings).toMatchObject([{ number: 0, shrunk: null, divergence: { kernel: 'returns 77' } }]);
  });

  it('that the kernel cannot be asked are named, and are no divergence', async () => {
    const failing = fuzzProgram(5, 7, 'golden');
    const told = (
      program: Program,
    ): KernelAnswer => (program.id === failing.id ? { failure: 'a step took too long' } : answerOf(program));
    expect(await run(right, { programs: 20 }, kernel(told))).toMatchObject({ nrPrograms: 20, diverging: [],
      unjudged: [{ number: 7, why: 'a step took too long' }] });
  });

  it('end with the error of a policy that throws', async () => {
    const broken = wrong({ onForkPage: () => {
      throw new Error('no idea');
    } });
    await expect(run(broken)).rejects.toThrow("policy 'wrong': onForkPage threw: no idea");
  });

  it('end when the time is over', async () => {
    expect(await run(right, { secondsMax: 0 })).toMatchObject({ nrPrograms: 0, diverging: [] });
  });
});

describe('coverage', () => {
  it('knows every fact that programs bring about', async () => {
    for (const kinds of ['golden', 'wide'] as const) {
      const { coverage } = await run(right, { kinds, programs: 80, cells: knownCells(right.traits, kinds) });
      expect(
        Object.keys(coverage.reached).filter((cell) =>
          cell.startsWith('fact') && !knownCells(right.traits, kinds).includes(cell)
        ),
      ).toEqual([]);
      expect(coverage.nrReached + coverage.never.length).toBe(coverage.nrCells);
      expect(coverage.nrReached).toBeGreaterThan(coverage.nrCells / 2);
    }
  });

  it('counts the programs that reached a branch', async () => {
    const { coverage: { reached, never } } = await run(right, { programs: 96 });
    expect(reached['fact Mmap VmaMapped']).toBe(96);
    expect(reached['verdict onForkVma wipe']).toBeGreaterThan(0);
    // Only some programs are run in steps.
    expect(reached['step fork walk']).toBeGreaterThan(0);
    expect(reached['step fork walk']).toBeLessThanOrEqual(6);
    expect(never).toContain('verdict onWriteFaultHugePmd copy');
    expect(never.filter((cell) => cell.includes('Mlock'))).toEqual([]);
  });
});

describe('a finding', () => {
  it('is kept as a scenario that says where it comes from and what differs', async () => {
    const { findings: [finding] } = await run(forgetsWipe);
    const { extension, text } = savedFinding(finding, { command: 'cowlab fuzz --seed 5', release: RELEASE,
      profile: 'linux-6.18+wrong', machine: 'this kernel maps no zero page' });
    expect(extension).toBe('.cow');
    expect(parseScenario(text, 'finding').program.steps).toEqual(finding.shrunk?.program.steps);
    expect(text).toMatch(
      /^# found by: cowlab fuzz --seed 5\n# kernel 6\.18\.0, profile linux-6\.18\+wrong\n# this kernel maps no zero page\n# shrunk from \d+ to 4 steps\n# first difference at step 3, fork 0 1; process 0, region 0, page 0; anon\n# kernel: mapcount 1\n# model: {2}mapcount 2\nquestion /,
    );
  });

  it('that no scenario may say is kept as a program', async () => {
    const { findings: [finding] } = await run(forgetsWipe);
    const steps = [{ op: 'mmap', p: 0, r: 0, kind: 'huge', nr: 512 }, { op: 'mremap', p: 0, r: 0, nr: 256 }] as const;
    const { extension, text } = savedFinding({ ...finding, program: { watch: { 0: [0] }, steps, pool: 64 },
      shrunk: null }, { command: 'x', release: RELEASE, profile: 'p', machine: null });
    expect(extension).toBe('.programs.txt');
    expect(text).toContain(`prog ${finding.number}\nwatch 0 0\nmmap 0 0 huge 512\nmremap 0 0 256\nend\n`);
    expect(text).toContain('# asked again, the kernel did something else\n');
  });
});
