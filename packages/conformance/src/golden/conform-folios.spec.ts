/**
 * Folios between a page and a THP: what kernels did with 64 kB always on. That setting is the machine's, so it stands
 * in the header of each recording; programs may say theirs themselves.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { conform, emittedRecording, readPrograms, readRecordingOfKernel } from './conform.ts';
import { readText } from '@cowlab/composition/node';

const FOLDER = new URL('../../../oracle/fixtures/mthp/', import.meta.url);
const text = (name: string): string => readText(fileURLToPath(new URL(name, FOLDER)), name);
const recordingOf = (set: string, kernel: string): ReturnType<typeof readRecordingOfKernel> =>
  readRecordingOfKernel(text(`${set}.${kernel}.jsonl`), `${set}.${kernel}.jsonl`, { set, kernel });
const programs = readPrograms(text('mthp.programs.txt'), 'mthp');

describe('with folios of 64 kB always on, the profile of a kernel does what that kernel did', () => {
  it.each(['6.12', '6.17', '6.18', '7.0', '7.1'])('%s', async (kernel) => {
    const result = await conform({ set: 'mthp', programs, recording: recordingOf('mthp', kernel), kernel });
    expect(result).toMatchObject({ profile: `linux-${kernel}`, settings: { mthp: { '64k': 'always' } }, divergences: [],
      reporting: [], nrSame: programs.length });
  });
});

/** Their heads say the settings: one size or several, by advice, with THP always or never. */
describe.each(
  [
    ['folios', 'advice, pins, fork() and exits', ['6.12', '6.17', '6.18', '7.0']],
    ['folioswap', 'and what MADV_PAGEOUT takes of them', ['6.12', '6.17']],
  ] as const,
)('random programs of folios (%s): %s', (set, _what, kernels) => {
  const random = readPrograms(text(`${set}.programs.txt.gz`), set);

  it.each(kernels)('%s did what its profile does', async (kernel) => {
    const recording = readRecordingOfKernel(text(`${set}.${kernel}.jsonl.gz`), `${set}.${kernel}.jsonl`, { set,
      kernel });
    const result = await conform({ set, programs: random, recording, kernel });
    expect(result).toMatchObject({ divergences: [], reporting: [], nrSame: random.length });
  });
});

describe('a profile without them', () => {
  it('copies where a kernel since 6.15 keeps a page of a folio that the child has left', async () => {
    const { divergences } = await conform({ set: 'mthp', programs, recording: recordingOf('mthp', '6.17'),
      kernel: '6.14' });
    expect(divergences).toMatchObject([{ program: '501', stepText: 'write 0 0 0 5' }]);
  });

  it('maps one page at a store until 6.8', async () => {
    const { divergences } = await conform({ set: 'mthp', programs, recording: recordingOf('mthp', '6.12'),
      kernel: '6.7' });
    expect(divergences.map(({ stepText, model }) => [stepText, model])).toEqual([
      ['write 0 0 3 7', 'not present'],
      ['write 0 0 0 7', 'flags AE'],
      ['write 0 0 0 7', 'flags AE'],
    ]);
  });
});

it('what the model does under the settings of a recording says so in its header', async () => {
  const recording = recordingOf('mthp', '6.18');
  const came = await conform({ set: 'mthp', programs, recording, kernel: '6.18' });
  const [header] = emittedRecording(came, []).split('\n');
  expect(JSON.parse(header)).toMatchObject({ settings: ['mthp 64k always'] });
});

describe('a recording of folios that does not say its settings', () => {
  const recording = { ...recordingOf('mthp', '6.17'), settings: {} };

  it('is told from the model, with the settings that explain all of it', async () => {
    const { unsaid, divergences } = await conform({ set: 'mthp', programs, recording, kernel: '6.17' });
    expect(divergences.length).toBeGreaterThan(0);
    expect(unsaid).toMatch(/its header says no settings: --settings 'mthp 64k always' explains all of it$/);
  });

  it('agrees once somebody says them', async () => {
    const said = await conform({ set: 'mthp', programs, recording, kernel: '6.17',
      settings: { mthp: { '64k': 'always' } } });
    expect(said).toMatchObject({ divergences: [], unsaid: null, settings: { mthp: { '64k': 'always' } } });
  });
});
