import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { formatPrograms } from './format.ts';
import { parsePrograms } from './parse.ts';

describe.each([
  ['directed', 160],
  ['random', 1000],
  ['readpin', 300],
])('the programs of the %s set, as kernels ran them', (set, nr) => {
  const path = new URL(`../fixtures/${set}.programs.txt.gz`, import.meta.url);
  const text = gunzipSync(readFileSync(path)).toString('latin1');

  it(`are ${nr} and come back byte for byte`, () => {
    const programs = parsePrograms(text, set);
    expect(programs).toHaveLength(nr);
    expect(formatPrograms(programs) === text).toBe(true);
  });

  it('speak only of processes, regions and slots that exist', () => {
    expect(parsePrograms(text, set, { strict: true })).toEqual(parsePrograms(text, set));
  });
});
