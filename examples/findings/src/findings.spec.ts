/**
 * What the pages claim: every scenario on every kernel profile, and on the kernel of this machine where it can be
 * asked.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT, main } from '@cowlab/cli';
import { compareScenario } from '@cowlab/experiments/compare';
import { openCatalogue, readScenario } from '@cowlab/composition/node';
import { DISTINCT_PROFILES, PROFILES, resolveLanes } from '@cowlab/composition';
import { readPrograms, stormHere, whyNotRecord, whyNotStorm } from '@cowlab/conformance';
import { describe, expect, it } from '@jest/globals';

const folder = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(folder).filter((file) => file.endsWith('.cow')).sort();
const pages = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md').sort();
const findings = files.map((file) => readScenario(`${folder}${file}`, file));
const catalogue = await openCatalogue({ cwd: folder });
/** The kernels that the files speak of; others do as the nearest of these before them, or as the one that is told here. */
const spokenOf = new Set(findings.flatMap(({ expects }) => expects.flatMap(({ lanes }) => [...lanes])));
const profiles = Object.keys(PROFILES).filter((name) => spokenOf.has(name));
const LIKE: Readonly<Record<string, string>> = {
  'linux-5.7.3': 'linux-5.8',
  'linux-5.7.5': 'linux-5.8',
  'linux-5.12.0': 'linux-5.12',
  // 5.7.3 has the mend of GUP without the split of a THP at a store.
  'slow-second-fork.cow linux-5.7.3': 'linux-5.7',
  'slow-second-fork.cow linux-5.7.5': 'linux-5.7',
};
const standsFor = (profile: string, file: string): string =>
  LIKE[`${file} ${profile}`] ?? LIKE[profile]
    ?? Object.keys(PROFILES).slice(0, Object.keys(PROFILES).indexOf(profile) + 1).findLast((name) => spokenOf.has(name))
    ?? profile;
const kernels = Object.keys(PROFILES).filter((name) => spokenOf.has(name) || DISTINCT_PROFILES.includes(name));
const isStorm = (file: string): boolean => file.startsWith('torn-snapshot');
const stem = (file: string): string => file.replace('.cow', '');
const text = (file: string): string => readFileSync(`${folder}${file}`, 'utf8');

/** The profiles of which a scenario expects this. */
const saidOf = (file: string, claim: string): string[] => {
  const lanes = text(file).split('\n').flatMap((
    line,
  ) => (line.startsWith('expect ') && line.endsWith(` ${claim}`) ? line.split(' ')[1].split(',') : []));
  return profiles.filter((profile) => lanes.includes(profile));
};
const from = (first: string, last = profiles[profiles.length - 1]): string[] =>
  profiles.slice(profiles.indexOf(first), profiles.indexOf(last) + 1);

describe.each(findings)('$name', (finding) => {
  it('says of every kernel what it does', () => {
    expect(profiles.filter((profile) => !finding.expects.some(({ lanes }) => lanes.includes(profile)))).toEqual([]);
  });

  it.each(kernels)('comes true on %s', async (profile) => {
    const lanes = await resolveLanes(`${standsFor(profile, finding.name)}=${profile}`, catalogue);
    const [{ expectations }] = compareScenario(finding, lanes).lanes;
    expect(expectations.length).toBeGreaterThan(0);
    expect(
      expectations.filter(({ holds }) => !holds).map(({ line, text: claim, actual }) =>
        `${finding.name}:${line} ${claim.split(' ').slice(2).join(' ')}, but it is: ${actual}`
      ),
    ).toEqual([]);
  });
});

describe('the kernels that README.md names', () => {
  it('for the early copy of a hugetlb page: 5.12 to 6.13', () => {
    expect(saidOf('hugetlb-copy-is-writable.cow', 'hazards H9')).toEqual(from('linux-5.12', 'linux-6.12'));
  });

  it('for the pin lost to mprotect(): 5.9 to 5.18', () => {
    expect(saidOf('mprotect-loses-the-pin.cow', 'pin 0 diverged 0')).toEqual(from('linux-5.9-rc5', 'linux-5.18'));
  });

  it('for the slow second fork(): 5.8 and later', () => {
    expect(saidOf('slow-second-fork.cow', 'walked 5 512')).toEqual(from('linux-5.8'));
  });

  it('for the vmsplice() leaks', () => {
    expect(saidOf('vmsplice-leak-small.cow', 'leak')).toEqual(['linux-5.7']);
    expect(saidOf('vmsplice-leak-thp.cow', 'leak')).toEqual(['linux-5.7', ...from('linux-5.9-rc5', 'linux-5.15')]);
    expect(saidOf('vmsplice-leak-hugetlb.cow', 'leak')).toEqual(profiles.filter((profile) => profile !== 'linux-5.8'));
  });

  it('for the torn snapshot: 5.9 and later, and none without a pin', () => {
    const storms = ['torn-snapshot.cow', 'torn-snapshot-one-page.cow', 'torn-snapshot-thp.cow'];
    for (const file of storms) expect(saidOf(file, 'storm may-tear')).toEqual(from('posted-v2'));
    expect(saidOf('torn-snapshot-without-a-pin.cow', 'storm whole')).toEqual(profiles);
  });
});

describe('every finding', () => {
  it.each(files)('%s is listed, and shown on a page with the command for the live kernel', (file) => {
    expect(text('README.md')).toContain(`(${file})`);
    if (file === 'torn-snapshot-without-a-pin.cow') return;
    expect(pages.filter((page) => text(page).includes(file))).not.toEqual([]);
  });

  it.each(pages)('%s is listed and tells how to have it on the live kernel', (page) => {
    expect(text('README.md')).toContain(`(${page})`);
    expect(text(page)).toMatch(/^npx cowlab conform --live examples\/findings\/[\w-]+\.cow$/m);
  });
});

describe('the recordings', () => {
  it('are of the scenarios that need no race', () => {
    const programs = readPrograms(text('recordings/findings.programs.txt'), 'findings.programs.txt');
    expect([...programs].sort((a, b) => String(a.id).localeCompare(String(b.id))).map(({ id, steps }) => [id, steps]))
      .toEqual(
        files.filter((file) => !isStorm(file)).map((
          file,
        ) => [stem(file), readScenario(`${folder}${file}`, file).program.steps]),
      );
  });

  it.each(['5.10', '6.1', '6.12', '6.18', '7.2', '7.3'])('have %s end as the profile is said to', (kernel) => {
    const [, ...lines] = text(`recordings/findings.${kernel}.jsonl`).trim().split('\n');
    const profile = kernel === '7.3' ? 'linux-7.2' : `linux-${kernel}`;
    for (const line of lines) {
      const { prog, obs } = JSON.parse(line) as { readonly prog: string;
        readonly obs: readonly { readonly i: number; readonly err?: string; readonly d?: object; readonly v?: object;
          readonly f?: object }[] };
      const [before, last] = obs.slice(-2);
      const said = findings.find(({ name }) =>
        stem(name) === prog
      )?.expects.flatMap(({ lanes, assertion }) => (lanes === '*' || lanes.includes(profile) ? [assertion] : [])) ?? [];
      expect(said).not.toEqual([]);
      for (const claim of said) {
        if (claim.is === 'value')
          expect(last.f).toMatchObject({
            [claim.p]: { [claim.r]: [typeof claim.seen === 'number' ? claim.seen : null] },
          });
        if (claim.is === 'device')
          expect(last.d).toEqual({ [claim.slot]: [[claim.page, claim.value]] });
        if (claim.is === 'pipe')
          expect(last.v).toEqual({ [claim.slot]: [claim.value] });
        if (claim.is === 'step')
          expect(obs[claim.index].err ?? 'ok').toBe(claim.result);
      }
      expect(before.i).toBe(obs.length - 2);
    }
  });
});

interface LiveReport {
  readonly facts: { readonly profile: string };
  readonly results: readonly { readonly name: string; readonly outcome: string; readonly why?: string;
    readonly notes?: readonly string[]; readonly tests?: LiveReport['results'] }[];
}

async function live(names: readonly string[]): Promise<LiveReport> {
  const said = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (said[name] += piece) });
  const code = await main(['conform', '--live', '--json', ...names], { stdout: to('out'), stderr: to('err'),
    cwd: folder, env: {} });
  expect([said.err, code, said.out.slice(0, 1)]).toEqual(['', code === EXIT.finding ? EXIT.finding : EXIT.holds, '{']);
  return JSON.parse(said.out) as LiveReport;
}

const PATIENCE_MS = 120_000;

const lacksAgent = whyNotRecord();
(lacksAgent === null ? describe : describe.skip)(
  `the kernel of this machine${lacksAgent === null ? '' : ` (skipped: ${lacksAgent})`}`,
  () => {
    it('does what the model does in every finding that needs no race', async () => {
      const { results } = await live(files.filter((file) => !isStorm(file)));
      expect(results.map(({ name, outcome, notes = [] }) => [name, outcome, ...notes])).toEqual(
        files.filter((file) => !isStorm(file)).map((file) => [file, 'pass']),
      );
    }, PATIENCE_MS);
  },
);

/** Fewer children than the files ask for: this machine may have other things to do. */
const FEWER = 200;
const SECONDS_MAX = 5;
/** What the parent's counters look like at every moment. */
const couldBeTheParents = (counters: readonly number[]): boolean =>
  counters.every((counter, page) => page === 0 || counter <= counters[page - 1])
  && counters[0] - counters[counters.length - 1] <= 1;

const lacksStorm = whyNotStorm();
(lacksStorm === null ? describe : describe.skip)(
  `a storm on this machine${lacksStorm === null ? '' : ` (skipped: ${lacksStorm})`}`,
  () => {
    const storms = findings.filter(({ name }) => isStorm(name)).map(({ name, program }) => ({ name,
      program: { ...program,
        steps: program.steps.map((step) => (step.op === 'storm' ? { ...step, children: FEWER } : step)) } })
    );

    // A race that is not seen is no failure. A child that is torn without a pin is, and so is one called torn that is
    // not.
    it.each(storms)('$name: without a pin nobody is torn, and who is torn has what the parent never had',
      async ({ name, program }) => {
        const { unpinned, pinned } = await stormHere(program, { secondsMax: SECONDS_MAX });
        expect(unpinned).toMatchObject(
          'missing' in unpinned ? { missing: expect.stringMatching(/: /) } : { torn: 0, first: [] },
        );
        expect(pinned === null).toBe(name === 'torn-snapshot-without-a-pin.cow');
        if (pinned === null || 'missing' in pinned) return;
        expect(pinned.torn).toBeLessThanOrEqual(pinned.children);
        expect(pinned.first.length > 0 && !couldBeTheParents(pinned.first)).toBe(pinned.torn > 0);
      }, PATIENCE_MS);
  },
);
