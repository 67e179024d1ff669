/** Asks the kernel of this machine, where that is possible; elsewhere the tests are skipped and their name says why. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parsePrograms, type Program } from '@cowlab/scenario';
import { compareProgram } from '../compare/compare.ts';
import type { Observation } from '../compare/observation.ts';
import { parseRecording } from '../golden/golden.ts';
import { whyNotLive } from './agent.ts';
import { settingsAtRest, whyNotAtRest } from './at-rest.ts';
import { type LiveRecording, recordLive } from './record-live.ts';

const golden = (name: string): string =>
  gunzipSync(readFileSync(new URL(`../../fixtures/golden/${name}.gz`, import.meta.url))).toString();
/** Whoever else asks this kernel comes first. */
const MINUTES = 600_000;
/** The recorded kernel of the same series. */
const recorded = ['5.10', '6.1', '6.12', '6.18', '7.2'].find((series) => release().startsWith(`${series}.`));

const showsZeroPage = ({ o }: Observation): boolean =>
  Object.values(o).some((regions) =>
    Object.values(regions).flat().some((entry) => entry !== 0 && entry[3].includes('Z'))
  );

const reason = whyNotLive() ?? whyNotAtRest();
(reason === null ? describe : describe.skip)(
  `the kernel of this machine${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let programs: readonly Program[];
    let before: string;
    let live: LiveRecording;
    const told: number[] = [];

    beforeAll(async () => {
      before = settingsAtRest();
      programs = parsePrograms(golden('random.programs.txt'), 'random').slice(0, 20);
      live = await recordLive(programs, (done) => void told.push(done));
    }, MINUTES);

    it('is told by its release', () => expect(live.kernel).toBe(release()));

    it('takes every step of every program', () => {
      expect(live.programs.map(({ id, observations }) => [id, observations.map(({ i }) => i)])).toEqual(
        programs.map(({ id, steps }) => [id, [...steps.keys(), -1]]),
      );
      expect(told).toEqual([...programs.keys()].map((at) => at + 1));
    });

    it('sees in other processes what it stored there', () => {
      const [, , forked] = live.programs[3].observations;
      expect(forked).toMatchObject({ ret: 1,
        o: { 0: { 0: [[1, 1, 2, expect.stringContaining('A')]] },
          1: { 0: [[1, 1, 2, expect.stringContaining('A')]] } } });
    });

    it('has its settings back afterwards', () => expect(settingsAtRest()).toEqual(before), MINUTES);

    it('refuses what the agent cannot do', async () => {
      const spin: Program = { id: 'a', watch: {}, steps: [{ op: 'spin', p: 0, slot: 0, r: 0, start: 0, nr: 1 }],
        pool: 64 };
      await expect(recordLive([spin])).rejects.toThrow(
        'program a: spin: no system call holds it; leave such programs out',
      );
      const far: Program = { watch: {}, steps: [{ op: 'mmap', p: 0, r: 99, kind: 'anon', nr: 1 }], pool: 64 };
      await expect(recordLive([far])).rejects.toThrow(
        'program 0: the agent has regions 0 to 7; leave such programs out',
      );
      expect(settingsAtRest()).toEqual(before);
    }, MINUTES);

    (recorded === undefined ? it.skip : it)(
      `does what was recorded of ${recorded ?? 'it (skipped: no recording of this series)'}`,
      () => {
        const recording = parseRecording(golden(`random.${recorded}.jsonl`), 'recording');
        const differs = live.zeroPage !== recording.zeroPage;
        const compared = programs.map((program, at) => {
          const whole = recording.programs.get(program.id ?? '')?.observations ?? [];
          // A machine without the zero page is asked up to where the recorded one had it.
          const kernel = differs && whole.some(showsZeroPage) ? whole.slice(0, whole.findIndex(showsZeroPage)) : whole;
          return { nr: kernel.length,
            divergence: compareProgram('random', program, kernel, live.programs[at].observations).divergence };
        });
        expect(compared.map(({ divergence }) => divergence)).toEqual(programs.map(() => null));
        expect(compared.filter(({ nr }) => nr > 2).length).toBeGreaterThan(programs.length / 2);
      },
    );
  },
);
