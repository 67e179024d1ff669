/** What the commands print where, and when nobody can see colours or moving lines. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../cli.ts';

const PATIENCE_MS = 120_000;
const ESCAPE = '\x1b';
/** Erases the line of progress; nothing else moves the cursor or paints. */
const ERASE = /\r\x1b\[K/g;
let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-plain-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function cowlab(line: string, env: Readonly<Record<string, string>>, isTTY: boolean) {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece), isTTY });
  await main(line.split(' '), { stdout: to('out'), stderr: to('err'), cwd, env: { HOME: cwd, ...env } });
  return text;
}

const COMMANDS: readonly string[] = ['compare examples/rdma.cow', 'run examples/rdma.cow --steps', 'policies',
  'explain H1', 'check seqcount --memory sc --policies linux-5.9', 'kernels --resolve 5.10.223',
  'sweep examples/pinned-share.cow --set pinned=1,2 --workers 1', 'doctor', 'compare examples/nowhere.cow', '--help',
  'check --help'];
const LONG: readonly string[] = ['compare examples/rdma.cow', 'check merged-5.9 --memory sc --policies linux-5.9',
  'sweep examples/pinned-share.cow --set pinned=1,2 --workers 1'];
const SURROUNDINGS: readonly Readonly<Record<string, string>>[] = [{}, { NO_COLOR: '1' }, { FORCE_COLOR: '1' }, {
  TERM: 'dumb',
}];

describe('what a command prints', () => {
  it.each(COMMANDS)('has no colours in any surroundings, and is the same in a pipe: %s', async (line) => {
    const piped = await cowlab(line, {}, false);
    expect(piped.out + piped.err).not.toContain(ESCAPE);
    expect(piped.out + piped.err).not.toBe('');
    for (const env of SURROUNDINGS) {
      const seen = await cowlab(line, env, true);
      expect(seen.out).toBe(piped.out);
      expect(seen.err.replace(ERASE, '')).not.toContain(ESCAPE);
    }
  }, PATIENCE_MS);

  it.each(LONG)('tells its progress on a terminal alone, and not under --quiet: %s', async (line) => {
    expect((await cowlab(line, {}, true)).err).toMatch(/^\r\x1b\[K[^\n]+\r\x1b\[K$/);
    expect((await cowlab(line, { TERM: 'dumb' }, true)).err).toBe('');
    expect((await cowlab(`${line} --quiet`, {}, true)).err).toBe('');
    expect((await cowlab(line, {}, false)).err).toBe('');
  }, PATIENCE_MS);
});

const BIN = fileURLToPath(new URL('../../bin/cowlab.mjs', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../dist/main.js', import.meta.url)));
const canScript = isBuilt && spawnSync('script', ['--version']).status === 0;

(isBuilt ? describe : describe.skip)('the command itself, as it is built', () => {
  it('prints plain text into a pipe, also when colours are forced', () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [BIN, 'compare', 'examples/rdma.cow'], { cwd,
      encoding: 'utf8', env: { PATH: process.env.PATH, FORCE_COLOR: '1' } });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^[\x20-\x7e\n]+$/);
  }, PATIENCE_MS);

  (canScript ? it : it.skip)('paints nothing on a terminal, whatever is forced', () => {
    const { stdout } = spawnSync('script', ['-qec', `'${process.execPath}' '${BIN}' compare examples/rdma.cow`,
      '/dev/null'], { cwd, encoding: 'utf8', env: { PATH: process.env.PATH, TERM: 'xterm', FORCE_COLOR: '1' } });
    expect(stdout).toContain('running linux-5.7 ...');
    expect(stdout.replace(ERASE, '')).not.toContain(ESCAPE);
  }, PATIENCE_MS);
});
