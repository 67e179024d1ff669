/**
 * Boots a kernel, where qemu and a fetched kernel with a recording are at hand; elsewhere skipped, and the name says
 * why.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { parsePrograms } from '@cowlab/scenario';
import { parseRecording } from '../golden/golden.ts';
import { whyNoGuest } from './guest.ts';
import { seriesOf } from './kernel.ts';
import { placeOf } from './place.ts';
import { recordKernel } from './record-guest.ts';
import { fetchedKernels } from './store.ts';

const golden = (name: string): string =>
  gunzipSync(readFileSync(new URL(`../../fixtures/golden/${name}.gz`, import.meta.url))).toString();
const RECORDED = ['5.10', '6.1', '6.12', '7.2'];

const place = placeOf();
// The oldest: what the agent knows of no MADV_COLLAPSE is tried too, and it boots fastest.
const kernel = whyNoGuest() === null
  ? fetchedKernels(place).find((one) => RECORDED.includes(seriesOf(one)))
  : undefined;
const reason = whyNoGuest()
  ?? (kernel === undefined ? 'no kernel with a recording is fetched: cowlab kernels fetch 5.10' : null);

(reason === null ? describe : describe.skip)(`a kernel under qemu${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    it(`does what was recorded of ${kernel?.release ?? 'it'}`, async () => {
      if (kernel === undefined) throw new Error('skipped above');
      const set = 'random';
      const programs = parsePrograms(golden(`${set}.programs.txt`), set).slice(0, 5);
      const { kernel: release, programs: recorded } = await recordKernel(kernel, programs, place);
      expect(release).toBe(kernel.release);
      const recording = parseRecording(golden(`${set}.${seriesOf(kernel)}.jsonl`), 'recording');
      expect(recorded.map(({ observations }) => observations)).toEqual(
        programs.map(({ id = '' }) => recording.programs.get(id)?.observations),
      );
    }, 600_000);
  });
