/** The example of a build that fails for a new H1, run as a builder runs it. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../../../..');
const FIXTURES = join(ROOT, 'packages/verdict/fixtures');
const out = mkdtempSync(join(tmpdir(), 'cowlab-ci-'));
afterAll(() => rmSync(out, { recursive: true }));

function build(recording: string, baseline: string): { status: number | null; stderr: string; stdout: string } {
  return spawnSync('sh', [join(ROOT, 'examples/ci/verdict.sh')], { encoding: 'utf8', cwd: out,
    env: { ...process.env, COWLAB: `${process.execPath} ${join(ROOT, 'packages/cowlab/bin/cowlab.mjs')}`,
      KERNELS: '5.7', REPORTS: 'json', RECORDING: join(FIXTURES, recording), BASELINE: join(out, baseline),
      OUT: out } });
}

describe('the example of a build', () => {
  it('stops for an H1 without a baseline, and with one for a new one alone', () => {
    expect(build('dofork.strace', 'none.json').status).toBe(1);
    copyFileSync(join(out, 'fork.json'), join(out, 'known.json'));
    expect(build('dofork.strace', 'known.json').status).toBe(0);
    const worse = build('mlock.strace', 'known.json');
    expect([worse.status, worse.stderr]).toEqual([1,
      expect.stringMatching(/^cowlab: new in .*mlock\.strace: UNSAFE H1/)]);
  }, 120_000);
});
