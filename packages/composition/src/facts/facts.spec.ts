import { describe, expect, it } from '@jest/globals';
import { BUILT_IN } from '../built-in.ts';
import { readOptions } from '../options.ts';
import { PROFILES } from '../profiles.ts';
import { pointsOf, SERIES } from './points.ts';
import { compareSeries, parseRelease, releaseOf } from './release.ts';
import { FACTS, factsOf, holds } from './stack.ts';

const stackText = (name: string): string => JSON.stringify(PROFILES[name]);

describe('dated facts', () => {
  it('have a name each, commits of twelve digits, and evidence', () => {
    expect(new Set(FACTS.map(({ id }) => id)).size).toBe(FACTS.length);
    for (const { commit, until, evidence, text } of FACTS) {
      for (const { id, subject } of [commit, ...(until === undefined ? [] : [until.commit])]) {
        if (id !== null) expect(id).toMatch(/^[0-9a-f]{12}$/);
        expect(subject).not.toBe('');
      }
      expect(evidence.length).toBeGreaterThan(0);
      expect(text).toMatch(/^[^ ].*\.$/);
    }
  });

  it('stand in the order of their mainline releases', () => {
    const series = FACTS.flatMap(({ since }) => (since === null ? [] : [releaseOf(since).series]));
    expect([...series].sort(compareSeries)).toEqual(series);
  });

  it('name stable releases of the tree that they are under', () => {
    for (const { ports = {}, until } of FACTS) {
      for (const [tree, text] of [...Object.entries(ports), ...Object.entries(until?.ports ?? {})]) {
        const port = parseRelease(text);
        expect(port?.series).toBe(tree);
        expect(port?.stable).toBeGreaterThan(0);
      }
    }
  });

  it('switch policies and options that there are', () => {
    for (const { change } of FACTS) {
      if (change === null) continue;
      const plugin = BUILT_IN.find(({ id }) => id === change.policy);
      expect(plugin?.id).toBe(change.policy);
      if (plugin !== undefined) expect(readOptions(plugin, change.options)).toEqual(change.options);
    }
  });

  it('that ended hold in their window alone', () => {
    const child = FACTS.find(({ id }) => id === 'hugetlb-child-writable');
    const at = ['5.11', '5.12.0', '5.12.4', '5.12.5', '5.13-rc1', '5.13-rc2', '5.13'].map(releaseOf);
    expect(at.map((release) => child !== undefined && holds(release, child))).toEqual([false, true, true, false, true,
      false, false]);
  });

  it('of a tree do not reach the next one, whose releases came before the back-port', () => {
    expect(factsOf(releaseOf('5.11')).some(({ id }) => id === 'lazyfree-held-stays')).toBe(false);
    expect(factsOf(releaseOf('6.2')).some(({ id }) => id === 'free-asks-first-page')).toBe(false);
  });
});

describe('profiles', () => {
  it('are there for every release from 5.7 on, and for the stable points at which something changes', () => {
    for (const series of SERIES) expect(Object.keys(PROFILES)).toContain(`linux-${series}`);
    expect(pointsOf('5.10').map(({ name }) => name)).toEqual(['linux-5.10.0', 'linux-5.10.4', 'linux-5.10.9',
      'linux-5.10.111', 'linux-5.10']);
    expect(pointsOf('6.8').map(({ name }) => name)).toEqual(['linux-6.8']);
  });

  it('of points of one tree differ from each other', () => {
    for (const series of SERIES) {
      const stacks = pointsOf(series).map(({ stack }) => JSON.stringify(stack));
      expect(new Set(stacks).size).toBe(stacks.length);
    }
  });

  it('are alike where no dated fact lies between', () => {
    expect(stackText('linux-6.5')).toBe(stackText('linux-6.6'));
    expect(stackText('linux-6.17')).not.toBe(stackText('linux-6.18'));
    expect(stackText('linux-6.19')).not.toBe(stackText('linux-7.0'));
    expect(stackText('linux-5.10.0')).toBe(stackText('linux-5.9'));
  });
});
