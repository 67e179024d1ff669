/** What the commands that ask this machine print under --json; where it cannot be asked they are skipped by name. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { whyNotRecord } from '@cowlab/conformance';
import { main } from './cli.ts';

const SCHEMAS = fileURLToPath(new URL('../schemas/', import.meta.url));
/** Whoever else asks this kernel comes first. */
const WAIT = 600_000;
const FILES: Readonly<Record<string, string>> = {
  'leaky.mjs': "export default { id: 'leaky', summary: 'Shares what may be pinned.', onForkPage: () => 'share' };\n",
  'same.cow': 'question Same?\nmmap 0 0 anon 1\nwrite 0 0 0 1\nexpect * value 0 0 0 1\n',
  'wrong.cow': 'question Wrong?\nmmap 0 0 anon 1\nwrite 0 0 0 1\nxfail * it is 1\nexpect * value 0 0 0 9\n',
  'pinned.cow': 'question Kept?\nmmap 0 0 anon 1\nwrite 0 0 0 1\npin 0 0 0 0 1\nfork 0 1\nwrite 0 0 0 2\n',
  'spin.cow': 'question Short?\nmmap 0 0 anon 1\nwrite 0 0 0 1\nspin 0 0 0 0 1\n',
  'mine.programs.txt': 'prog 7\nwatch 0 0\nmmap 0 0 anon 1\nwrite 0 0 0 5\nfork 0 1\nend\n',
};
let cwd = '';

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-live-schemas-'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(cwd, name), text);
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function held(kind: string, line: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const said = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (said[name] += piece) });
  const [command, ...rest] = line.split(' ');
  await main([command, '--json', ...rest], { stdout: to('out'), stderr: to('err'), cwd, env });
  expect(said.err).toBe('');
  const data: unknown = JSON.parse(said.out);
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  const validate = ajv.compile(JSON.parse(readFileSync(join(SCHEMAS, `${kind}.schema.json`), 'utf8')) as object);
  validate(data);
  expect(validate.errors ?? []).toEqual([]);
  expect(validate({ ...(data as object), surplus: 1 })).toBe(false);
  return data;
}

const reason = whyNotRecord() ?? (process.geteuid?.() === 0 ? null : 'not run as root');
(reason === null ? describe : describe.skip)(
  `under --json, on this machine${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    it('conform --live tells what is the same, what differs, what is known, and what is missing', async () => {
      expect(await held('conform-live', 'conform --live same.cow wrong.cow spin.cow')).toMatchObject({
        verdicts: [{ meeting: { met: 'same' } }, { defect: 'it is 1' }, { meeting: { met: 'missing' } }],
      });
      expect(await held('conform-live', 'conform --live pinned.cow --profile naive-cow')).toMatchObject({
        results: [{ outcome: 'fail' }],
        verdicts: [{ meeting: { met: 'differs', divergence: { set: 'live' } } }],
      });
    }, WAIT);

    it('fuzz tells a finding with the program it shrank to', async () => {
      const line = 'fuzz --seed 9 --programs 8 --profile linux-6.18+./leaky.mjs --out found --workers 0';
      const { findings } = await held('fuzz', line) as { findings: readonly object[] };
      expect(findings).toHaveLength(1);
    }, WAIT);

    it('record tells the file and its kernel', async () => {
      expect(await held('recorded', 'record mine.programs.txt --out mine.6.18.jsonl')).toMatchObject({
        recorded: [{ file: 'mine.6.18.jsonl', nrPrograms: 1 }],
      });
    }, WAIT);
  },
);

const strace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
(strace ? describe : describe.skip)(`under --json${strace ? '' : ' (skipped: strace may not trace here)'}`, () => {
  it('trace tells its files, and what keeps page faults from being had', async () => {
    expect(await held('traced', 'trace --no-perf -o app -- true', process.env)).toEqual({ kind: 'traced',
      strace: 'app.strace', faults: null, why: 'it was not asked for', next: 'cowlab verdict app.strace' });
  }, WAIT);
});
