import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resolveLanes } from '@cowlab/composition';
import { findInput, openCatalogue, readText } from '@cowlab/composition/node';
import { compareTrace } from '../compare/compare-trace.ts';
import { readRecording } from './read-recording.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-recording-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const FIXTURES = new URL('../../../trace/fixtures/', import.meta.url).pathname;

describe('a recorded program under three kernels', () => {
  const compare = async (lanes: string): Promise<ReturnType<typeof compareTrace>> => {
    const input = findInput(join(FIXTURES, 'uring-fork'), '/');
    if (input.kind !== 'recording') throw new Error('the fixture is missing');
    return compareTrace(readRecording(input.files), await resolveLanes(lanes, await openCatalogue({ cwd: '/' })));
  };

  it('naive COW loses registered pages, MADV_DONTFORK leaves holes, early COW copies', async () => {
    const { lanes, registrations } = await compare('linux-5.7,ibv=linux-5.7+madv-dontfork:pins=true,linux-5.9');
    expect(registrations.map(({ nrPages }) => nrPages)).toEqual([3, 20, 16]);
    const losses = lanes.map(({ registered }) =>
      registered.buffers.map(({ pages }) => pages.filter((page) => 'fate' in page && page.fate === 'loses').length)
    );
    expect(losses[0][1]).toBeGreaterThan(0);
    // `safe` was marked DONTFORK by the program itself.
    expect(losses[0][2]).toBe(0);
    expect(losses.slice(1)).toEqual([[0, 0, 0], [0, 0, 0]]);
    expect(lanes.map(({ hazards }) => hazards.join())).toEqual(['H1', 'H2', '']);
    expect(lanes.map(({ costs }) => costs.pagesCopiedAtFork > 0)).toEqual([false, false, true]);
    expect(lanes[1].registered.holeAccesses.length).toBeGreaterThan(0);
  });

  it('the lane of the recorded program does everything that was recorded', async () => {
    const { lanes, partings } = await compare('linux-5.9,linux-5.12');
    expect(lanes.map(({ registered }) => registered.run.mismatches)).toEqual([[], []]);
    // No hugetlb page is in it, so the two are the same.
    expect(partings).toEqual([null]);
  });

  it('a torn recording is read up to the tear, which is noted with its line', () => {
    writeFileSync(join(folder, 'torn.strace'),
      Buffer.from(readText(join(FIXTURES, 'uring-fork.strace.gz'))).subarray(0, 1500));
    const input = findInput('torn', folder);
    const { notes } = readRecording((input as Extract<typeof input, { kind: 'recording' }>).files);
    expect(notes.map(({ source, what }) => `${source.file}:${source.line}: ${what}`)).toContainEqual(
      expect.stringMatching(/^torn\.strace:\d+: the recording is torn here/),
    );
  });
});
