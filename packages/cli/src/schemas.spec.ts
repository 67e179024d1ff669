import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from './cli.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SCHEMAS = fileURLToPath(new URL('../schemas/', import.meta.url));
const PATIENCE_MS = 120_000;
/** What a kernel must be at hand for: schemas-live.spec.ts, and the specs of calibrate. Or a database: that of campaigns. */
const LIVE = ['calibrate', 'calibrate-verify', 'campaign-findings', 'campaign-report', 'campaign-status',
  'conform-live', 'fuzz', 'recorded', 'traced', 'worker'];
let cwd = '';

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-schemas-'));
  // A kernel that does what none does: the child reads its parent's later store.
  mkdirSync(join(cwd, 'golden'));
  writeFileSync(join(cwd, 'golden/odd.programs.txt'),
    'prog 7\nwatch 0 0\nmmap 0 0 anon 1\nwrite 0 0 0 5\nfork 0 1\nwrite 0 0 0 6\nend\n');
  const page = (pfn: number, value: number, maps: number): unknown => ({ 0: [[pfn, value, maps, 'xAE']] });
  const steps = [{ 0: { 0: [0] } }, { 0: page(1, 5, 1) }, { 0: page(1, 5, 2), 1: page(1, 5, 2) }, { 0: page(2, 6, 1),
    1: page(2, 6, 1) }].map((o, i) => ({ i, ret: i === 2 ? 1 : 0, o }));
  const last = { i: -1, f: { 0: { 0: [6] }, 1: { 0: [6] } }, o: steps[3].o };
  writeFileSync(join(cwd, 'golden/odd.6.18.jsonl'),
    [{ kernel: '6.18.44', machine: 'x86_64', set: 'odd' }, { prog: 7, obs: [...steps, last] }]
      .map((line) => `${JSON.stringify(line)}\n`).join(''));
});
afterAll(() => rmSync(cwd, { recursive: true }));

function cutLog(from: string, to: string): void {
  writeFileSync(to, `${readFileSync(from, 'utf8').split('\n').slice(0, -2).join('\n')}\n`);
}

async function cowlab(line: string) {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(line.split(' '), { stdout: to('out'), stderr: to('err'), cwd, env: { HOME: cwd } });
  return { code, ...text };
}

const COMMANDS: readonly (readonly [kind: string, line: string])[] = [
  ['scenario', 'compare examples/rdma.cow'],
  ['trace', 'compare examples/recordings/uring-fork --policies linux-5.7,linux-5.9'],
  ['trace', 'demo'],
  ['run', 'run examples/rdma.cow --log rdma.log'],
  ['replay', 'replay rdma.log --to 6'],
  ['check', 'check merged-5.9 --memory sc --journal runs'],
  ['run', 'run examples/rdma.cow --journal runs'],
  ['journal-ls', 'journal ls runs'],
  ['journal-show', 'journal show runs rdma --costs --hazards --page 0x200000'],
  ['journal-show', 'journal show runs merged-5.9'],
  ['journal-verify', 'journal verify runs'],
  ['journal-export', 'journal export runs rdma --out again.log'],
  ['journal-prune', 'journal prune runs --keep 0'],
  ['replay', 'replay rdma.log --to 0'],
  ['replay', 'replay cut.log.part'],
  ['studio', 'studio examples/rdma.cow --out rdma.html'],
  ['policies', 'policies'],
  ['check', 'check merged-5.9 seqcount --memory sc'],
  ['check-mend', 'check seqcount-no-barrier --policies linux-5.11 --memory tso --mend'],
  ['races', 'check --list'],
  ['check-replay', 'check merged-5.9 --policies linux-5.9 --memory sc --replay A10,B11,A9'],
  ['litmus', 'litmus --names examples/litmus/x86.verdicts.tsv --memory tso'],
  ['matrix', 'matrix --rows 1,2,19'],
  ['sweep', 'sweep examples/pinned-share.cow --set pinned=1,2 --workers 1'],
  ['explain', 'explain'],
  ['explain', 'explain dontfork'],
  ['init', 'init policy mine'],
  ['completion', 'completion bash'],
  ['conform', 'conform --golden examples/golden --set directed --kernel 6.1'],
  ['suite', 'conform --suite cow --profile linux-6.1'],
  ['conform', 'conform --golden golden --kernel 6.18'],
  ['kernels', 'kernels list --fetched'],
  ['kernel', 'kernels --resolve 6.8.0-45-generic'],
  ['doctor', 'doctor'],
  ['inspect', `inspect ${process.pid}`],
  ['verdict', 'verdict examples/recordings/uring-fork --audit'],
  ['verdict', 'verdict examples/recordings/uring-fork.strace.gz examples/recordings/uring-fork.strace.gz'],
  ['project', 'project --memory 8GiB --writes 20000 --seconds 30 --skew 0.9 --meminfo nowhere'],
];

describe('what a command prints under --json', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });

  it.each(COMMANDS)('is %s: %s', async (kind, line) => {
    const [command, ...rest] = line.split(' ').map((word) => word.replaceAll(',B', ' B').replaceAll(',A', ' A'));
    // Of a run that was cut, its last line is missing.
    if (line.endsWith('.part')) cutLog(join(cwd, 'rdma.log'), join(cwd, rest[0]));
    const text = { out: '', err: '' };
    const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
    await main([command, ...rest, '--json'], { stdout: to('out'), stderr: to('err'), cwd, env: { HOME: cwd } });
    expect(text.err).toBe('');
    const data: unknown = JSON.parse(text.out);
    const validate = ajv.compile(JSON.parse(readFileSync(join(SCHEMAS, `${kind}.schema.json`), 'utf8')) as object);
    validate(data);
    expect(validate.errors ?? []).toEqual([]);
    // A schema that lets everything through would be none.
    expect(validate({ ...(data as object), kind: 'other' })).toBe(false);
  }, PATIENCE_MS);

  it('has a schema for each kind, as tools/schemas.mjs writes them', () => {
    const kinds = readdirSync(SCHEMAS).map((name) => name.replace('.schema.json', ''));
    expect([...new Set([...COMMANDS.map(([kind]) => kind), ...LIVE])].sort()).toEqual(kinds.sort());
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'tools/schemas.mjs'), '--check'], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  }, PATIENCE_MS);

  it('can be asked of every command, and each that has it has a schema', async () => {
    const names = async (line: string): Promise<string[]> => {
      const [, listed = ''] = /\nCommands:\n([^]*?)(?:\n\n|$)/.exec((await cowlab(line)).out) ?? [];
      return [...listed.matchAll(/^ {2}(\w[\w-]*)/gm)].map(([, name]) => name).filter((name) => name !== 'help');
    };
    const titles = readdirSync(SCHEMAS).map((name) =>
      (JSON.parse(readFileSync(join(SCHEMAS, name), 'utf8')) as { title: string }).title
    );
    const commands = await names('--help');
    expect(commands.length).toBeGreaterThan(12);
    for (const command of commands) {
      const inner = await names(`${command} --help`);
      for (const line of inner.length === 0 ? [command] : inner.map((name) => `${command} ${name}`)) {
        expect([line, (await cowlab(`${line} --help`)).out.includes('--json')]).toEqual([line, true]);
        const has = titles.some((title) => new RegExp(`\\bcowlab ${line}(?![\\w-])`).test(title));
        expect([line, has]).toEqual([line, true]);
      }
    }
  });
});
