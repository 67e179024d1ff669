/** What is refused before the kernel is asked is refused everywhere; the rest needs a machine that can be asked. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseScenario } from '@cowlab/scenario';
import { kernelsFetched, whyNotBoot, whyNotRecord } from '@cowlab/conformance';
import { main } from '../../cli.ts';

/** Another run may have the machine. */
const WAIT = 300_000;
let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-fuzz-'));
  writeFileSync(join(cwd, 'leaky.mjs'),
    "export default { id: 'leaky', summary: 'Shares what may be pinned.', onForkPage: () => 'share' };\n");
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function cowlab(line: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const io = { stdout: { write: (text: string) => void (said.out += text) },
    stderr: { write: (text: string) => void (said.err += text) }, cwd, env };
  return { code: await main(line.split(' '), io), ...said };
}

describe('cowlab fuzz', () => {
  it.each([
    ['--seed x', "cowlab: --seed is 'x'; give it a whole number from 0 to 4294967295\n"],
    ['--programs 0', "cowlab: --programs is '0'; give it a whole number from 1 to 1000000000\n"],
    ['--settings thp', 'cowlab: --settings:1:4: MODE is missing; write it as: thp MODE\n'],
    ['--only 1,b', "cowlab: --only is 'b'; give it a whole number from 0 to 1000000000\n"],
    ['--only 1 --programs 3', 'cowlab: --only and --programs both say which; keep one\n'],
    ['--keep-going --max-divergences 3', 'cowlab: --keep-going and --max-divergences say different things; keep one\n'],
    ['--profile linux-6.12,linux-6.18',
      "cowlab: lanes 'linux-6.12,linux-6.18': are 2; name one: a kernel is compared with one model\n"],
    ['--guest 1.2', 'cowlab: 1.2: no such kernel is fetched; fetch it: cowlab kernels fetch 1.2\n'],
    ['--profile ./nowhere.mjs',
      expect.stringMatching(/^cowlab: plugin \.\/nowhere\.mjs: there is no such file; [^\n]+\n$/)],
  ])('refuses %s', async (flags, err) => expect(await cowlab(`fuzz ${flags}`)).toEqual({ code: 2, out: '', err }));
});

const guest = whyNotBoot() === null
  ? kernelsFetched(process.env).find(({ version }) => version.startsWith('5.10.'))
  : undefined;
const noGuest = whyNotBoot() ?? (guest === undefined ? 'no 5.10 is fetched: cowlab kernels fetch 5.10' : null);
(noGuest === null ? describe : describe.skip)(
  `cowlab fuzz of a guest${noGuest === null ? '' : ` (skipped: ${noGuest})`}`,
  () => {
    it('asks the guest, under the profile of its release', async () => {
      const { code, out } = await cowlab('fuzz --seed 9 --programs 9 --workers 0 --guest 5.10 --json', process.env);
      expect(JSON.parse(out)).toMatchObject({ kernel: guest?.release, guest: true, profile: 'linux-5.10', nrPrograms: 9,
        diverging: [], unjudged: [] });
      expect(code).toBe(0);
    }, WAIT);
  },
);

const reason = whyNotRecord() ?? (process.geteuid?.() === 0 ? null : 'not run as root');
(reason === null ? describe : describe.skip)(
  `cowlab fuzz on this machine${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    it('says how many programs did the same, and what they reached', async () => {
      const { code, out, err } = await cowlab('fuzz --seed 9 --programs 40 --workers 0');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(
        /^seed 9, golden kinds, linux-\S+\s+against\s+\S+:\s+40\s+programs\s+in\s+[\d.]+\s+s\s+\(\d+\/s\)\.\n(\(this kernel maps no zero page[^)]*\)\n)?No divergence\.\ncoverage \d+ of \d+/,
      );
    }, WAIT);

    it('keeps what a wrong rule does as a scenario, and tells how to repeat it', async () => {
      const { code, out } = await cowlab('fuzz --seed 9 --profile linux-6.18+./leaky.mjs --out found --workers 0');
      expect(code).toBe(1);
      const [file] = readdirSync(join(cwd, 'found'));
      expect(file).toMatch(/^9-golden-\d+\.cow$/);
      expect(parseScenario(readFileSync(join(cwd, 'found', file), 'utf8'), file).program.steps.length)
        .toBeLessThanOrEqual(6);
      expect(out).toContain(`    cowlab conform --live found/${file} --profile linux-6.18+./leaky.mjs\n`);
      const [again = ''] = /(?<=\n {4}cowlab )fuzz .*/.exec(out) ?? [];
      expect(again).toMatch(/^fuzz --seed 9 --only \d+ --profile linux-6\.18\+\.\/leaky\.mjs$/);
      const repeated = JSON.parse((await cowlab(`${again} --workers 0 --out found --json`)).out) as {
        readonly nrPrograms: number;
        readonly findings: readonly { readonly file: string }[];
      };
      expect(repeated).toMatchObject({ kind: 'fuzz', seed: 9, nrPrograms: 1, findings: [{ file: `found/${file}` }] });
    }, WAIT);
  },
);
