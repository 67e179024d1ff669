/** The model against what five real kernels did: every recorded program, every observation. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Program } from '@cowlab/scenario';
import { conform, emittedRecording, profileOf, readPrograms, readRecordingOfKernel } from './conform.ts';
import { CompositionError, PROFILES } from '@cowlab/composition';
import { readText } from '@cowlab/composition/node';

const GOLDEN = new URL('../../../oracle/fixtures/golden/', import.meta.url);
const text = (name: string): string => readText(fileURLToPath(new URL(`${name}.gz`, GOLDEN)), name);

const SETS = [['directed', 160], ['random', 1000], ['readpin', 300]] as const;
const programs = new Map<string, readonly Program[]>(
  SETS.map(([set]) => [set, readPrograms(text(`${set}.programs.txt`), set)]),
);
const programsOf = (set: string): readonly Program[] => programs.get(set)!;

describe.each(['5.10', '6.1', '6.12', '6.18', '7.2'])('the profile of %s does what that kernel did', (kernel) => {
  it.each(SETS)('in the %s set, in all %i programs', async (set, nr) => {
    const recording = readRecordingOfKernel(text(`${set}.${kernel}.jsonl`), `${set}.${kernel}.jsonl`);
    const { profile, divergences, reporting, nrPrograms, nrRecorded, nrSame } = await conform({ set,
      programs: programsOf(set), recording, kernel });
    expect(divergences).toEqual([]);
    // Also in what need not match: `x`, `f`, `h`/`t`, mapcounts of huge pages.
    expect(reporting).toEqual([]);
    expect({ profile, nrPrograms, nrRecorded, nrSame }).toEqual({ profile: `linux-${kernel}`, nrPrograms: nr,
      nrRecorded: nr, nrSame: nr });
  });
});

/** Steps of which kernels differ; recorded under qemu, on this side and on that of each boundary. */
describe('the profile of a kernel does what it did in the steps set', () => {
  const STEPS = fileURLToPath(new URL('../../../oracle/fixtures/steps/', import.meta.url));
  const stepsText = (name: string): string => readText(`${STEPS}${name}`, name);
  const steps = readPrograms(stepsText('steps.programs.txt'), 'steps');

  it.each(['5.10', '6.1', '6.12', '6.16', '6.17', '6.18', '6.19', '7.0', '7.1'])('%s', async (kernel) => {
    const name = `steps.${kernel}.jsonl`;
    const recording = readRecordingOfKernel(stepsText(name), name, { set: 'steps', kernel });
    const result = await conform({ set: 'steps', programs: steps, recording, kernel });
    expect(result).toMatchObject({ profile: `linux-${kernel}`, divergences: [], reporting: [], nrSame: steps.length });
  });
});

describe('a recording that is not of this kernel', () => {
  const recorded = text('directed.5.10.jsonl');

  it('diverges from the profile of another one, and says where', async () => {
    const { divergences } = await conform({ set: 'directed', programs: programsOf('directed'),
      recording: readRecordingOfKernel(recorded, 'directed.5.10'), kernel: '6.12' });
    expect(divergences.length).toBeGreaterThan(10);
    for (const { step, stepText, kernel, model } of divergences)
      expect({ told: [stepText, kernel, model].every((word) => word.length > 0), step: step >= -1 }).toEqual({
        told: true,
        step: true,
      });
  });

  it('with one observation changed diverges there and nowhere else', async () => {
    const lines = recorded.split('\n');
    // Two processes wrote to their copies of one page; the child's holds another byte.
    const at = lines.findIndex((line) => line.startsWith('{"prog":20000,'));
    lines[at] = lines[at].replace('"1":{"0":[[1,3,1,', '"1":{"0":[[1,4,1,');
    const { divergences, nrSame } = await conform({ set: 'directed', programs: programsOf('directed'),
      recording: readRecordingOfKernel(lines.join('\n'), 'changed'), kernel: '5.10' });
    expect(nrSame).toBe(159);
    expect(divergences).toMatchObject([{ set: 'directed', program: '20000', step: 4, stepText: 'write 1 0 0 3',
      kind: 'value', process: 1, region: 0, page: 0, memory: 'anon', kernel: 'reads 4', model: 'reads 3' }]);
  });

  it('or that is torn is refused in one line', async () => {
    expect(() => readRecordingOfKernel(recorded.slice(0, 5000), 'torn.jsonl')).toThrow(
      /^torn\.jsonl:\d+: not JSON \([^\n]+\); copy the recording again, or mend that line$/,
    );
    const recording = readRecordingOfKernel(recorded, 'directed.jsonl');
    const other = conform({ set: 'readpin', programs: programsOf('readpin'), recording, kernel: '5.10' });
    await expect(other).rejects.toThrow(CompositionError);
    await expect(other).rejects.toThrow(
      'directed.jsonl:2: program 20000 is not among the programs; use the programs file that was recorded',
    );
  });
});

describe('a recording of a machine that maps no zero page', () => {
  const program = 'prog 1\nwatch 0 0\nmmap 0 0 anon 1\nread 0 0 0\nend\n';
  const own = '"o":{"0":{"0":[[1,0,1,"AE"]]}}';
  const recorded = (zeropage: string): string =>
    [`{"kernel":"6.18.44","machine":"x86_64","set":"mine"${zeropage}}`,
      `{"prog":1,"obs":[{"i":0,"ret":0,"o":{"0":{"0":[0]}}},{"i":1,"ret":0,${own}},{"i":-1,"f":{"0":{"0":[0]}},${own}}]}`]
      .join('\n');
  const judged = (zeropage: string): ReturnType<typeof conform> =>
    conform({ set: 'mine', programs: readPrograms(program, 'mine'),
      recording: readRecordingOfKernel(recorded(zeropage), 'mine.6.18'), kernel: '6.18' });

  it('is held against a model that maps none', async () => {
    expect(await judged(',"zeropage":"by-split"')).toMatchObject({ profile: 'linux-6.18', divergences: [], nrSame: 1,
      machine:
        'this kernel maps no zero page but by the split of a THP; the model runs with no-zero-page:split=true on top' });
    expect(await judged(',"zeropage":"forbidden"')).toMatchObject({ divergences: [],
      machine: 'this kernel maps no zero page; the model runs with no-zero-page on top' });
  });

  it('diverges where its header does not say so', async () => {
    expect(await judged('')).toMatchObject({ divergences: [{ step: 1, kernel: 'maps class 1' }], machine: null });
  });
});

describe('what the model saw', () => {
  it("is a recording itself: the kernel's, but for soft-dirty and KSM", async () => {
    const kept: { id: string; observations: readonly never[] }[] = [];
    const result = await conform({ set: 'directed', programs: programsOf('directed'), recording: null, kernel: '6.12',
      onProgram: ({ id = '' }, observations) =>
        void kept.push({ id, observations: observations as readonly never[] }) });
    expect(result).toMatchObject({ nrRecorded: 0, nrSame: 0 });
    const [header, ...lines] = emittedRecording(result, kept).split('\n');
    expect(JSON.parse(header)).toEqual({ kernel: 'linux-6.12', machine: 'cowlab', set: 'directed', programs: 160 });
    const kernel = text('directed.6.12.jsonl').split('\n').slice(1).map((line) =>
      line.replace(/"[xfsAETHhtZK]+"/g, (flags) => flags.replace(/[sK]/g, ''))
    );
    expect(lines).toEqual(kernel);
  });
});

describe('a kernel runs on its profile', () => {
  it.each([['6.12', 'linux-6.12'], ['6.13', 'linux-6.13'], ['5.14', 'linux-5.14'], ['6.12.107', 'linux-6.12'], [
    '5.9-rc5',
    'linux-5.9-rc5',
  ], ['5.9-rc7', 'linux-5.9-rc5'], ['9.0', 'linux-7.3'], ['5.10.8', 'linux-5.10.4'], [
    '6.1.0-50-cloud-amd64',
    'linux-6.1',
  ]])(
    '%s on %s',
    (kernel, profile) => expect(profileOf(kernel)).toBe(profile),
  );

  it('or on the newest; before the first there is none', () => {
    const oldest = Object.keys(PROFILES).find((name) => name.startsWith('linux-'));
    expect(() => profileOf('4.19')).toThrow(`kernel 4.19: is older than every profile; the oldest is ${oldest}`);
    expect(() => profileOf('mainline')).toThrow(
      'kernel mainline: is no release and has no profile; name it by its release, such as 6.12',
    );
  });
});
