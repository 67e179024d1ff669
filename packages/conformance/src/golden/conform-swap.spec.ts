/**
 * What kernels do with memory that is swapped out to a disk and comes back: seven kernels, ten programs that each are
 * about one rule, and random ones.
 */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readText } from '@cowlab/composition/node';
import { conform, readPrograms, readRecordingOfKernel } from './conform.ts';

const FIXTURES = new URL('../../../oracle/fixtures/', import.meta.url);

describe.each(['swap', 'random-swap'])('programs of %s', (set) => {
  const folder = new URL(`${set}/`, FIXTURES);
  const files = readdirSync(folder);
  const text = (name: string): string => {
    const path = fileURLToPath(new URL(name, folder));
    return existsSync(path) ? readText(path, name) : readText(`${path}.gz`, name);
  };
  const programs = readPrograms(text(`${set}.programs.txt`), set);
  const kernels = files.flatMap((file) => /^[\w-]+?\.([\d.]+)\.jsonl(?:\.gz)?$/.exec(file)?.slice(1) ?? []);

  it('were run by some kernel', () => expect(kernels).not.toEqual([]));

  it.each(kernels)('the profile of %s does what that kernel did', async (kernel) => {
    const name = `${set}.${kernel}.jsonl`;
    const recording = readRecordingOfKernel(text(name), name);
    const { divergences, nrSame } = await conform({ set, programs, recording, kernel });
    expect({ divergences, nrSame }).toEqual({ divergences: [], nrSame: programs.length });
  });
});
