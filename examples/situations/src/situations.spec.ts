/**
 * Every situation under every kernel that has a profile: what its file says of that kernel must come true. Kernels that are
 * named in the files and have no profile are not run, and are named when the spec is listed.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareScenario, openCatalogue, PROFILES, readScenario, resolveLanes } from '@cowlab/composition';
import { describe, expect, it } from '@jest/globals';

/** The generations of the table, each by a release that has it. */
const KERNELS = [
  'linux-5.7', 'linux-5.8', 'linux-5.9-rc5', 'linux-5.9', 'linux-5.11', 'linux-5.12', 'linux-5.18', 'linux-5.19', 'linux-6.2',
  'linux-6.12', 'linux-7.2',
];
const RUNNABLE = KERNELS.filter((kernel) => Object.hasOwn(PROFILES, kernel));
const MISSING = KERNELS.filter((kernel) => !RUNNABLE.includes(kernel));
const ROWS = 30;

const folder = fileURLToPath(new URL('..', import.meta.url));
const situations = readdirSync(folder).filter((file) => file.endsWith('.cow')).sort().map((file) => readScenario(`${folder}${file}`));
const lanes = new Map((await resolveLanes(RUNNABLE.join(','), await openCatalogue({ cwd: folder }))).map((lane) => [lane.name, lane]));

describe('the situations', () => {
  it('are all thirty', () => {
    const rows = new Set(situations.map(({ name }) => Number.parseInt(name, 10)));
    expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, at) => at + 1));
  });

  it.each(situations)('$name says of every kernel what becomes of it', ({ expects }) => {
    const named = new Set(expects.flatMap((expectation) => expectation.lanes));
    expect([...named].sort()).toEqual([...KERNELS].sort());
  });

  if (MISSING.length > 0) it.todo(`run under ${MISSING.join(', ')}: there is no such profile yet`);
});

describe.each(situations)('$title', (situation) => {
  it.each(RUNNABLE)('%s', (kernel) => {
    const lane = lanes.get(kernel);
    if (lane === undefined) throw new Error(`${kernel} is no lane`);
    const [{ expectations }] = compareScenario(situation, [lane]).lanes;
    expect(expectations.length).toBeGreaterThan(0);
    const wrong = expectations.filter(({ holds }) => !holds).map(({ line, text, actual }) => `${situation.name}:${line} ${text}: ${actual}`);
    expect(wrong).toEqual([]);
  });
});
