/**
 * Random programs on the kernel of this machine, where it can be asked; elsewhere those tests are skipped and their
 * name says why.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Asked, judgeThreads } from '@cowlab/oracle/fuzz';
import { fuzzProgram } from '@cowlab/oracle';
import { whyNotLive } from '@cowlab/oracle/live';
import { openCatalogue } from '@cowlab/composition/node';
import { type FuzzHere, fuzzHere, type FuzzRequest, laneJudge, type ThreadData } from './fuzz-here.ts';

/** Another run may have the machine. */
const WAIT = 300_000;
let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-fuzz-'));
  const wrong = (id: string, hooks: string): void =>
    writeFileSync(join(cwd, `${id}.mjs`), `export default { id: '${id}', summary: 'Wrong.', ${hooks} };\n`);
  wrong('forgets-wipe', "onForkVma: (vma) => (vma.wipeOnFork ? 'copy' : undefined)");
  wrong('shares-pinned', "onForkPage: () => 'share', onForkHugePmd: () => 'share', onForkHugetlb: () => 'share'");
});
afterAll(() => rmSync(cwd, { recursive: true }));

const request = (changes: Partial<FuzzRequest>): Promise<FuzzHere> =>
  fuzzHere({ cwd, seed: 4, kinds: 'golden', programs: 100, secondsMax: Infinity, findingsMax: 1, lane: null, workers: 0,
    ...changes });

const reason = whyNotLive() ?? (process.geteuid?.() === 0 ? null : 'not run as root');
(reason === null ? describe : describe.skip)(
  `fuzzing the kernel of this machine${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    it('finds no divergence in a hundred programs', async () => {
      const { nrPrograms, diverging, unjudged, release: asked, findings } = await request({});
      expect({ nrPrograms, diverging, unjudged, asked, findings }).toEqual({ nrPrograms: 100, diverging: [],
        unjudged: [], asked: release(), findings: [] });
    }, WAIT);

    it.each(['forgets-wipe', 'shares-pinned'])(
      'finds a lane with a wrong rule in it (%s) and shrinks that to at most 6 steps',
      async (id) => {
        const texts: string[] = [];
        const { findings, profile } = await request({ programs: 1000,
          lane: `linux-${release().split('.', 2).join('.')}+./${id}.mjs`,
          onFinding: (_, save) => void texts.push(save('again').text) });
        expect(profile).toMatch(new RegExp(`^linux-.*\\+${id}$`));
        expect(findings).toHaveLength(1);
        expect(findings[0].shrunk?.program.steps.length).toBeLessThanOrEqual(6);
        expect(texts).toEqual([expect.stringContaining('# found by: again\n')]);
      },
      WAIT,
    );
  },
);

describe('fuzzing', () => {
  it('compares with one model', async () => {
    await expect(request({ lane: 'linux-6.12,linux-6.18' })).rejects.toThrow(
      "lanes 'linux-6.12,linux-6.18': are 2; name one: a kernel is compared with one model",
    );
  });
});

/** Built by now when all checks are run in their order. */
const THREAD = new URL('../../dist/fuzz/fuzz-thread.js', import.meta.url);
const built = existsSync(fileURLToPath(THREAD));
(built ? describe : describe.skip)(`threads that judge${built ? '' : ' (skipped: nothing is built)'}`, () => {
  it('say what this thread says', async () => {
    const lane = 'linux-5.10';
    const { judge } = await laneJudge(lane, await openCatalogue({ cwd }), 'by-split');
    const threads = await judgeThreads(THREAD, 2, { cwd, lane, zeroPage: 'by-split' } satisfies ThreadData);
    try {
      // A kernel that sees nothing: every program diverges.
      const asked = Array.from({ length: 6 },
        (_, number): Asked => ({ program: fuzzProgram(1, number, 'golden'), observations: [{ i: 0, ret: 5, o: {} }],
          inSteps: number === 3 }));
      const judged = await Promise.all(asked.map((one) => threads.judge(one)));
      expect(judged).toEqual(asked.map(judge));
      expect(judged.map(({ divergence }) => divergence?.kernel)).toEqual(asked.map(() => 'returns 5'));
    } finally {
      await threads.close();
    }
  }, WAIT);

  it('say which lane they do not know', async () => {
    await expect(judgeThreads(THREAD, 1, { cwd, lane: 'linux-1.0', zeroPage: 'mapped' } satisfies ThreadData)).rejects
      .toMatchObject({ name: 'CompositionError',
        message: expect.stringContaining("there is no policy or profile 'linux-1.0'") });
  }, WAIT);
});
