import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseScenario } from '@cowlab/scenario';
import { openCatalogue } from '@cowlab/composition/node';
import { DISTINCT_PROFILES, type Lane, PROFILES, resolveLanes } from '@cowlab/composition';
import { askedThere, cowSuitePage } from '../suite-cow/page.ts';
import { ASKED_THERE, SELFTEST_RUNS } from '../suite-cow/selftest.ts';
import { readSuite, suiteNames } from './suite-files.ts';
import { runSuite, type SuiteRun } from './suite.ts';

const PAGE = fileURLToPath(new URL('../../../../docs/suite-cow.md', import.meta.url));
const PATIENCE_MS = 300_000;
const catalogue = await openCatalogue({ cwd: process.cwd() });
const lanesOf = (text: string): Promise<readonly Lane[]> => resolveLanes(text, catalogue);
/** Of kernels that are alike one is enough, and those that the selftest was run on. */
const profiles = Object.keys(PROFILES).filter((name) =>
  DISTINCT_PROFILES.includes(name) || SELFTEST_RUNS.some(({ profile }) => profile === name)
);

describe('the suite cow on every profile', () => {
  const files = readSuite('cow');
  let run: SuiteRun;
  beforeAll(async () => void (run = runSuite('cow', files, await lanesOf(profiles.join(',')))), PATIENCE_MS);

  it('holds where no defect is known, and fails where one is', () => {
    const odd = run.cells.filter(({ outcome }) => outcome === 'fail' || outcome === 'xpass');
    expect(
      odd.map((
        { id, lane, outcome, failed },
      ) => [id, lane, outcome, ...failed.map(({ text, actual }) => `${text}: ${actual}`)]),
    ).toEqual([]);
    expect(run.cells.length).toBe(files.length * profiles.length);
  });

  it('tells defects of profiles that there are, each defect once', () => {
    for (const { id, scenario } of files) {
      const told = scenario.xfails.flatMap(({ lanes }) => lanes);
      expect([id, told.filter((lane) => !Object.hasOwn(PROFILES, lane))]).toEqual([id, []]);
      expect([id, new Set(told).size]).toEqual([id, told.length]);
    }
  });

  it('fails where the selftest of the kernel failed on the kernels of the recordings', () => {
    expect(files.filter(({ id }) => ASKED_THERE.has(id)).length).toBe(ASKED_THERE.size);
    for (const { profile, fail, xfail } of SELFTEST_RUNS) {
      const here = askedThere(run, profile);
      expect([profile, here.fail + here.xfail + here.xpass, here.pass]).toEqual([profile, fail + xfail,
        ASKED_THERE.size - fail - xfail]);
    }
    const lost = run.cells.filter(({ id, lane, outcome }) =>
      lane === 'linux-5.10' && outcome === 'xfail' && ASKED_THERE.has(id)
    ).map(({ id }) => id);
    expect(lost.filter((id) => /^vmsplice-.*-thp$/.test(id)).length).toBe(4);
    expect(lost.filter((id) => id.startsWith('buffer-mprotect-')).length).toBe(5);
    expect(lost.filter((id) => id === 'buffer-fork-hugetlb').length).toBe(1);
    expect(lost.filter((id) => /^vmsplice-.*-hugetlb$/.test(id)).length).toBe(4);
  });

  it('is what docs/suite-cow.md says', () => {
    const page = cowSuitePage(run, '../packages/conformance/suites/cow/');
    if (process.env.COWLAB_DOCS === 'update') writeFileSync(PAGE, page);
    expect(readFileSync(PAGE, 'utf8')).toBe(page);
  });
});

describe('a scenario on a lane', () => {
  const outcomes = async (claims: string): Promise<unknown[]> => {
    const scenario = parseScenario(
      `question Why?\nmmap 0 0 anon 1\nwrite 0 0 0 1\npin 0 0 0 0 1\nfork 0 1\nwrite 0 0 0 2\n${claims}\n`,
      'x.cow',
    );
    const { cells } = runSuite('x', [{ id: 'x', path: 'x.cow', scenario }], await lanesOf('linux-5.7,linux-5.9'));
    return cells.map(({ outcome, why, failed }) => [outcome, why, failed.map(({ actual }) => actual)]);
  };

  it('passes or fails where no defect is told', async () => {
    expect(await outcomes('expect * pin 0 coherent')).toEqual([['fail', null, ['diverged 0']], ['pass', null, []]]);
  });

  it('fails as expected, or holds against what is told', async () => {
    expect(await outcomes('expect * pin 0 coherent\nxfail * lost at fork()')).toEqual([['xfail', 'lost at fork()', [
      'diverged 0',
    ]], ['xpass', 'lost at fork()', []]]);
  });

  it('is told defects of its own lane alone, the first of several', async () => {
    expect(await outcomes('xfail linux-5.7 one\nxfail linux-5.7,linux-5.8 two\nexpect * pin 0 coherent')).toEqual([[
      'xfail',
      'one',
      ['diverged 0'],
    ], ['pass', null, []]]);
  });

  it('is judged by what is said of its own lane', async () => {
    expect(await outcomes('expect linux-5.9 pin 0 coherent')).toEqual([['pass', null, []], ['pass', null, []]]);
  });
});

describe('suites', () => {
  it('come with the package and are named', () => {
    expect(suiteNames()).toContain('cow');
    expect(() => readSuite('cwo')).toThrow("suite 'cwo': there is no such suite; did you mean 'cow'?");
    expect(() => readSuite('memory')).toThrow("suite 'memory': there is no such suite; known: cow");
  });
});
