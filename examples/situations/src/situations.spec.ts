/**
 * Every situation under every kernel: what its file says of that kernel must come true. A file names one release for
 * each generation; the other releases of a generation are held to the same words.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareScenario } from '@cowlab/experiments/compare';
import { openCatalogue, readScenario } from '@cowlab/composition/node';
import { DISTINCT_PROFILES, PROFILES, resolveLanes } from '@cowlab/composition';
import { describe, expect, it } from '@jest/globals';

/** The release that the files name for a generation, and its first profile: those up to the next one do as it does. */
const GENERATIONS: readonly (readonly [named: string, first: string])[] = [
  ['linux-5.7', 'linux-5.7'],
  ['linux-5.8', 'linux-5.7.3'],
  ['linux-5.9-rc5', 'linux-5.9-rc5'],
  ['linux-5.9', 'posted-v2'],
  ['linux-5.10', 'linux-5.10.9'],
  ['linux-5.11', 'linux-5.11'],
  ['linux-5.12', 'linux-5.12.0'],
  ['linux-5.18', 'linux-5.18'],
  ['linux-5.19', 'linux-5.19'],
  ['linux-6.2', 'linux-6.2'],
  ['linux-6.12', 'linux-6.8'],
  ['linux-7.2', 'linux-6.15'],
];
const names = Object.keys(PROFILES);
/** Of profiles that are alike one is enough. */
const kernels = DISTINCT_PROFILES.map((profile) => {
  const [named] = GENERATIONS.findLast(([, first]) => names.indexOf(first) <= names.indexOf(profile)) ?? [profile];
  return { named, profile };
});
const ROWS = 30;

const folder = fileURLToPath(new URL('..', import.meta.url));
const situations = readdirSync(folder).filter((file) => file.endsWith('.cow')).sort().map((file) =>
  readScenario(`${folder}${file}`)
);
const catalogue = await openCatalogue({ cwd: folder });

describe('the situations', () => {
  it('are all thirty', () => {
    const rows = new Set(situations.map(({ name }) => Number.parseInt(name, 10)));
    expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, at) => at + 1));
  });

  it('are tried on a kernel of every generation', () => {
    // A kernel of 5.11 is alike to 5.10.9, of which there is one already.
    const named = new Set([...kernels.map((kernel) => kernel.named), 'linux-5.11']);
    expect(named).toEqual(new Set(GENERATIONS.map(([name]) => name)));
  });

  it.each(situations)('$name says of every generation what becomes of it', ({ expects }) => {
    const named = new Set(expects.flatMap(({ lanes }) => lanes));
    expect([...named].sort()).toEqual(GENERATIONS.map(([name]) => name).sort());
  });
});

/** The back-port of 5.7.3 came without the split of a THP at a store, so there it does as 5.7.0. */
const AS_BEFORE: Readonly<Record<string, string>> = {
  '15-thp-one-subpage-pinned.cow linux-5.7.3': 'linux-5.7',
  '15-thp-one-subpage-pinned.cow linux-5.7.5': 'linux-5.7',
};

describe.each(situations)('$title', (situation) => {
  it.each(kernels)('$profile', async ({ named: usual, profile }) => {
    const named = AS_BEFORE[`${situation.name} ${profile}`] ?? usual;
    // Labelled, so that the words said of the one release are held against the other.
    const lanes = await resolveLanes(`${named}=${profile}`, catalogue);
    const [{ expectations }] = compareScenario(situation, lanes).lanes;
    expect(expectations.length).toBeGreaterThan(0);
    const wrong = expectations.filter(({ holds }) => !holds);
    expect(wrong.map(({ line, text, actual }) => `${situation.name}:${line} ${claim(text)}, but it is: ${actual}`))
      .toEqual([]);
  });
});

/** An expectation without its lanes. */
function claim(text: string): string {
  return text.split(' ').slice(2).join(' ');
}
