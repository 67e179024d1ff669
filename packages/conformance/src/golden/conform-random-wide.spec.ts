/**
 * 400 random programs as 6.18 did them, chosen out of 1,300 so that each does something that the others do not: pieces
 * of regions unmapped, moved, locked, freed lazily and left out of fork(), again and again, while devices hold pages.
 * All 1,300 agreed.
 */
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { readText } from '@cowlab/composition/node';
import { conform, readPrograms, readRecordingOfKernel } from './conform.ts';

const FOLDER = new URL('../../../oracle/fixtures/random-wide/', import.meta.url);
const text = (name: string): string => readText(fileURLToPath(new URL(`${name}.gz`, FOLDER)), name);

it('the profile of 6.18 does what that kernel did, whatever follows what', async () => {
  const programs = readPrograms(text('random-wide.programs.txt'), 'random-wide');
  const recording = readRecordingOfKernel(text('random-wide.6.18.jsonl'), 'random-wide.6.18.jsonl');
  const { divergences, reporting, nrSame } = await conform({ set: 'random-wide', programs, recording, kernel: '6.18' });
  expect({ divergences, reporting, nrSame }).toEqual({ divergences: [], reporting: [], nrSame: 400 });
});
