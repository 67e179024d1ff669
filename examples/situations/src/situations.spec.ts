/**
 * Every situation under every kernel: what its file says of that kernel must come true. A file names one release for
 * each generation; the other releases of a generation are held to the same words.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareScenario } from '@cowlab/experiments/compare';
import { openCatalogue, readScenario } from '@cowlab/composition/node';
import { PROFILES, resolveLanes } from '@cowlab/composition';
import { describe, expect, it } from '@jest/globals';

/** The release that the files name, and all profiles that must do as it does. */
const GENERATIONS: Readonly<Record<string, readonly string[]>> = {
  'linux-5.7': ['linux-5.7'],
  'linux-5.8': ['linux-5.8'],
  'linux-5.9-rc5': ['linux-5.9-rc5'],
  'linux-5.9': ['posted-v2', 'linux-5.9'],
  'linux-5.10': ['linux-5.10'],
  'linux-5.11': ['linux-5.11'],
  'linux-5.12': ['linux-5.12', 'linux-5.15'],
  'linux-5.18': ['linux-5.18'],
  'linux-5.19': ['linux-5.19', 'linux-6.1'],
  'linux-6.2': ['linux-6.2'],
  'linux-6.12': ['linux-6.8', 'linux-6.12', 'linux-6.14'],
  'linux-7.2': ['linux-6.15', 'linux-6.18', 'linux-7.2'],
};
const kernels = Object.entries(GENERATIONS).flatMap(([named, profiles]) =>
  profiles.map((profile) => ({ named, profile }))
);
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

  it('are tried on every profile', () => {
    expect(kernels.map(({ profile }) => profile).sort()).toEqual(Object.keys(PROFILES).sort());
  });

  it.each(situations)('$name says of every generation what becomes of it', ({ expects }) => {
    const named = new Set(expects.flatMap(({ lanes }) => lanes));
    expect([...named].sort()).toEqual(Object.keys(GENERATIONS).sort());
  });
});

describe.each(situations)('$title', (situation) => {
  it.each(kernels)('$profile', async ({ named, profile }) => {
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
