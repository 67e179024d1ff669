/**
 * Campaigns from the command line. This process holds the engine, and each command joins it as another process of the
 * machine would.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Database, openToLook } from '@cowlab/campaign';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

const SCHEMAS = fileURLToPath(new URL('../../../schemas/', import.meta.url));
const WAIT = 300_000;
let cwd = '';
let held: Database;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-campaign-'));
  writeFileSync(join(cwd, 'mutant.mjs'),
    "export default { id: 'mutant', summary: 'Shares what may be pinned.', onForkPage: () => 'share' };\n");
  // A kernel that does what none does: the child reads its parent's later store.
  mkdirSync(join(cwd, 'golden'));
  writeFileSync(join(cwd, 'golden/odd.programs.txt'), 'prog 7\nwatch 0 0\nmmap 0 0 anon 1\nwrite 0 0 0 5\nend\n');
  const page = { 0: { 0: [[1, 6, 1, 'xAE']] } };
  const obs = [{ i: 0, ret: 0, o: { 0: { 0: [0] } } }, { i: 1, ret: 0, o: page }, { i: -1, f: { 0: { 0: [6] } },
    o: page }];
  writeFileSync(join(cwd, 'golden/odd.6.18.jsonl'),
    [{ kernel: '6.18.44', machine: 'x86_64', set: 'odd' }, { prog: 7, obs }].map((line) => `${JSON.stringify(line)}\n`)
      .join(''));
  held = await openToLook(`pglite:${join(cwd, 'engine')}`);
}, WAIT);
afterAll(async () => {
  await held?.close();
  rmSync(cwd, { recursive: true });
}, WAIT);

async function cowlab(line: string): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (said[name] += piece) });
  const code = await main(line.split(' '), { stdout: to('out'), stderr: to('err'), cwd, env: { HOME: cwd } });
  return { code, ...said };
}

/** As its schema says. */
async function data<Data>(kind: string, line: string, code = 0): Promise<Data> {
  const said = await cowlab(`${line} --engine pglite:engine --json`);
  expect({ code: said.code, err: said.err }).toEqual({ code, err: '' });
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
    JSON.parse(readFileSync(join(SCHEMAS, `${kind}.schema.json`), 'utf8')) as object,
  );
  const value = JSON.parse(said.out) as Data;
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  return value;
}

interface Told {
  readonly status: { readonly state: string; readonly units: { readonly all: number; readonly done: number } };
  readonly table: unknown;
  readonly races: readonly object[] | null;
  readonly results: readonly object[] | null;
  readonly findings: readonly { readonly policies: readonly string[]; readonly what: readonly string[] }[];
}

describe('cowlab campaign', () => {
  const FLAGS = '--workers 0 --twice 0';

  it('cuts fuzzing, a sweep, races and recordings into units, which a worker carries', async () => {
    const begun = await data<Told>('campaign-report',
      `campaign fuzz --lanes linux-6.18+./mutant.mjs --against linux-6.18 `
        + `--programs 8 --unit 4 --name mutants ${FLAGS}`);
    expect(begun.status).toMatchObject({ state: 'running', units: { all: 2, done: 0 } });
    for (const line of ['sweep examples/pinned-share.cow --set pinned=1,2 --name cells --unit 3',
      'check merged-5.9 --policies linux-5.9 --memory sc --name race', 'conform --golden golden --name odd'])
      await data('campaign-report', `campaign ${line} ${FLAGS}`);
    const worker = await data<{ readonly units: number }>('worker', 'worker --until-done --kernels none');
    const { campaigns } = await data<
      {
        readonly campaigns: readonly { readonly name: string; readonly state: string;
          readonly units: { readonly all: number } }[];
      }
    >('campaign-status', 'campaign list');
    expect(campaigns.map(({ name, state }) => `${name} ${state}`)).toEqual(['mutants done', 'cells done', 'race done',
      'odd done']);
    expect(worker.units).toBe(campaigns.reduce((sum, { units }) => sum + units.all, 0));
  }, WAIT);

  it('reports what the command that asks at once says', async () => {
    const { table } = await data<Told>('campaign-report', 'campaign report cells');
    const { kind: _, ...sweep } = JSON.parse((await cowlab(
      'sweep examples/pinned-share.cow --set pinned=1,2 --workers 1 --json',
    )).out) as Readonly<Record<string, unknown>>;
    expect({ ...table as object, kind: _ }).toEqual({ ...sweep, kind: _ });
    const { races } = await data<Told>('campaign-report', 'campaign report race');
    const checked = JSON.parse((await cowlab('check merged-5.9 --policies linux-5.9 --memory sc --json')).out) as {
      readonly races: readonly { readonly reports: readonly object[] }[];
    };
    const { ms: __, ...report } = checked.races[0].reports[0] as Readonly<Record<string, unknown>>;
    expect(races).toEqual([report]);
    const { results, findings } = await data<Told>('campaign-report', 'campaign report odd', 1);
    const conformed = JSON.parse((await cowlab('conform --golden golden --json')).out) as { readonly results: unknown };
    expect(results).toEqual(conformed.results);
    expect(findings).toMatchObject([{
      what: ['odd, program 7, at write 0 0 0 5', '6.18: reads 6', 'linux-6.18: reads 5'],
    }]);
  }, WAIT);

  it('tells a finding once, with the smallest program and the policy, and exits with 1', async () => {
    const { findings } = await data<Told>('campaign-findings', 'campaign findings mutants', 1);
    expect(findings.map(({ policies }) => policies)).toEqual([['mutant']]);
    const { out, code } = await cowlab('campaign findings mutants --engine pglite:engine');
    expect(code).toBe(1);
    expect(out).toContain('    pin 0 0 0 0 1\n    fork 0 1\n');
    expect(out).toContain('it depends on mutant');
    for (const line of (await cowlab('campaign report mutants --engine pglite:engine')).out.split('\n'))
      expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
    expect((await cowlab('campaign status --openmetrics --engine pglite:engine')).out).toMatch(
      /^# TYPE cowlab_campaign_units gauge\n[^]*cowlab_campaign_findings\{campaign="mutants",kind="fuzz"\} 1\n[^]*# EOF\n$/,
    );
  }, WAIT);

  it('pauses, goes on, and drops what is not done', async () => {
    await data('campaign-report', `campaign fuzz --programs 4 --unit 4 --name slow ${FLAGS}`);
    const state = async (line: string): Promise<string> =>
      (await data<{ readonly campaigns: readonly { readonly state: string }[] }>('campaign-status', line)).campaigns[0]
        .state;
    expect(await state('campaign pause slow')).toBe('paused');
    expect(await data('worker', 'worker --until-done --kernels none')).toMatchObject({ units: 0 });
    expect(await state('campaign resume slow --workers 0')).toBe('running');
    expect(await state('campaign cancel slow')).toBe('cancelled');
    expect(await data('worker', 'worker --until-done --kernels none')).toMatchObject({ units: 0 });
  }, WAIT);

  it.each([
    ['campaign status nowhere --engine pglite:engine', /^cowlab: nowhere: there is no such campaign; there are /],
    ['campaign status --engine pglite:elsewhere', /^cowlab: pglite:\S+elsewhere: holds no campaign; begin one: /],
    ['campaign fuzz --engine mysql:x', /^cowlab: --engine mysql:x is no engine; give postgres:\/\//],
    ['campaign fuzz --twice 2', /^cowlab: --twice 2 is no share; give one from 0 to 1/],
    ['campaign fuzz --programs 0', /^cowlab: --programs 0 is no number for it; give a whole one from 1 to /],
    ['campaign fuzz --against linux-6.1 --kernels 5.10', /^cowlab: --against and --kernels both say whom /],
    ['campaign fuzz --kernels six', /^cowlab: --kernels six is no series; give 5\.10/],
    ['campaign fuzz --lanes linux-9', /^cowlab: .*there is no policy or profile 'linux-9'/],
    ['campaign fuzz --name mutants --programs 1 --workers 0 --engine pglite:engine',
      /^cowlab: --name mutants: there is a campaign of that name; give it another one\n$/],
    ['campaign check --memory x y', /^cowlab: --memory x is not known; use sc, tso, armv8\n$/],
    ['worker --kernels 1.0 --engine pglite:engine', /^cowlab: --kernels 1\.0 cannot be asked here; /],
    ['worker --engine postgres://nobody@127.0.0.1:1/x',
      /^cowlab: postgres:\/\/nobody@127\.0\.0\.1:1\/x: no PostgreSQL answers/],
  ])('%s is refused', async (line, err) => {
    const said = await cowlab(line);
    expect(said).toEqual({ code: 2, out: '', err: expect.stringMatching(err) });
  }, WAIT);
});
