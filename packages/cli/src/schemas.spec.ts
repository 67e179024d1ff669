import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from './cli.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SCHEMAS = fileURLToPath(new URL('../schemas/', import.meta.url));
const PATIENCE_MS = 120_000;
/** What a kernel must be at hand for; their own specs look at what these print. */
const LIVE = ['calibrate', 'calibrate-verify', 'conform-live', 'doctor', 'fuzz', 'recorded'];
let cwd = '';

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-schemas-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

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
  ['policies', 'policies'],
  ['check', 'check merged-5.9 seqcount --memory sc'],
  ['races', 'check --list'],
  ['check-replay', 'check merged-5.9 --policies linux-5.9 --memory sc --replay A10,B11,A9'],
  ['matrix', 'matrix --rows 1,2,19'],
  ['sweep', 'sweep examples/pinned-share.cow --set pinned=1,2 --workers 1'],
  ['explain', 'explain'],
  ['explain', 'explain dontfork'],
  ['init', 'init policy mine'],
  ['completion', 'completion bash'],
  ['conform', 'conform --golden examples/golden --set directed --kernel 6.1'],
  ['suite', 'conform --suite cow --profile linux-6.1'],
  ['kernels', 'kernels list --fetched'],
  ['verdict', 'verdict examples/recordings/uring-fork --audit'],
  ['inspect', `inspect ${process.pid}`],
  ['project', 'project --memory 8GiB --writes 20000 --seconds 30 --skew 0.9 --meminfo nowhere'],
];

describe('what a command prints under --json', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });

  it.each(COMMANDS)('is %s: %s', async (kind, line) => {
    const [command, ...rest] = line.split(' ').map((word) => word.replaceAll(',B', ' B').replaceAll(',A', ' A'));
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

  it('can be asked of every command', async () => {
    const names = async (line: string): Promise<string[]> => {
      const [, listed = ''] = /\nCommands:\n([^]*?)(?:\n\n|$)/.exec((await cowlab(line)).out) ?? [];
      return [...listed.matchAll(/^ {2}(\w[\w-]*)/gm)].map(([, name]) => name).filter((name) => name !== 'help');
    };
    // `trace` writes files of other programs, whose shapes are theirs.
    const commands = (await names('--help')).filter((name) => name !== 'trace');
    expect(commands.length).toBeGreaterThan(12);
    for (const command of commands) {
      const inner = await names(`${command} --help`);
      for (const line of inner.length === 0 ? [command] : inner.map((name) => `${command} ${name}`))
        expect([line, (await cowlab(`${line} --help`)).out.includes('--json')]).toEqual([line, true]);
    }
  });
});
