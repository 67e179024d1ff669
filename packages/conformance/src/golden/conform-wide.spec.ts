/**
 * What the sets of five kernels leave out, as 6.18 did it: mlock(), mremap(), MADV_FREE, hugetlb pools that run dry.
 * Each program is the smallest in which the model once differed; which rule it is about stands above it in the file.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { conform, readPrograms, readRecordingOfKernel } from './conform.ts';
import { readText } from '@cowlab/composition/node';

const WIDE = new URL('../../../oracle/fixtures/wide/', import.meta.url);
const text = (name: string): string => readText(fileURLToPath(new URL(name, WIDE)), name);
const programs = readPrograms(text('wide.programs.txt'), 'wide');
const recorded = text('wide.6.18.jsonl');

describe('the profile of 6.18 does what that kernel did', () => {
  it.each(programs.map(({ id }) => [id]))('in program %s', async (id) => {
    const recording = readRecordingOfKernel(
      recorded.split('\n').filter((line) => line.startsWith('{"kernel"') || line.startsWith(`{"prog":${id},`)).join(
        '\n',
      ),
      'wide.6.18.jsonl',
    );
    const { divergences, reporting, nrSame } = await conform({ set: 'wide',
      programs: programs.filter((program) => program.id === id), recording, kernel: '6.18' });
    expect({ divergences, reporting, nrSame }).toEqual({ divergences: [], reporting: [], nrSame: 1 });
  });
});

describe('older profiles do otherwise', () => {
  it.each([
    ['6.8', 'keeps the pages of a split THP that hold zeroes', '30013', 'moves to the zero page', 'stays on class 1'],
    ['6.8', 'gives a promise of the hugetlb pool back for good', '30042', 'SIGBUS', 'succeeds'],
    ['6.2', 'merges memory that lost its write permission untouched', '30037', 'not present',
      'present (class 0, value 0, mapcount 0, Z)'],
  ])('the one of %s: %s', async (kernel, _what, id, seen, model) => {
    const { divergences } = await conform({ set: 'wide', programs,
      recording: readRecordingOfKernel(recorded, 'wide.6.18.jsonl'), kernel });
    expect(divergences.find(({ program }) => program === id)).toMatchObject({ kernel: seen, model });
  });
});
