import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

const cwd = mkdtempSync(join(tmpdir(), 'cowlab-project-'));
afterAll(() => rmSync(cwd, { recursive: true }));

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await main([...args], { cwd, env: { ...process.env, HOME: cwd },
    stdout: { write: (text) => (said.out += text) }, stderr: { write: (text) => (said.err += text) } });
  return { code, ...said };
}

const MEMINFO = 'MemAvailable: 9000000 kB\nCommitLimit: 9000000 kB\nCommitted_AS: 100 kB\n';

describe('cowlab project', () => {
  it('says from a few numbers how long fork() takes, what is copied, and what memory it needs', async () => {
    writeFileSync(join(cwd, 'meminfo'), MEMINFO);
    const { code, out } = await run('project', '--memory', '1GiB', '--writes', '10000', '--seconds', '10', '--costs',
      'xeon-6.18', '--meminfo', 'meminfo');
    expect(code).toBe(0);
    // 262,144 pages, 100,000 stores: each page is met with 1 - exp(-0.381).
    expect(out).toMatch(/^A snapshot of 1,024 MiB that takes 10 s at 10,000 stores a second stops the/);
    expect(out).toMatch(/pages copied +8\d,\d+ +83,[0-9]+ +8\d,\d+/);
    expect(out).toMatch(/uniform/);
    expect(out).toMatch(/a Xeon guest of 16 CPUs/);
  });
  it('finds that memory does not suffice', async () => {
    writeFileSync(join(cwd, 'small'), MEMINFO.replace('9000000 kB\nCommit', '100000 kB\nCommit'));
    const { code, out } = await run('project', '--memory', '8GiB', '--writes', '100000', '--seconds', '60', '--meminfo',
      'small');
    expect(code).toBe(1);
    expect(out).toMatch(/NOT ENOUGH: the snapshot may take/);
  });
  it.each(
    [[[], /how much memory\? give --pages/], [['--pages', '100'], /how many writes a second/], [['--pages', '100',
      '--writes', '5'], /how long does the snapshot take/], [['--pages', 'x'], /--pages x: give a number/], [[
      '--memory',
      '5 miles',
      '--writes',
      '1',
      '--seconds',
      '1',
    ], /--memory 5 miles: give a size/], [['--pages', '1', '--writes', '1', '--seconds', '1', '--costs', 'meminfo'],
      /--costs meminfo: it is no JSON; give what/]] as const,
  )('names what is missing: %s', async (args, says) => {
    const { code, err } = await run('project', ...args);
    expect([code, err.split('\n').length]).toEqual([2, 2]);
    expect(err).toMatch(says);
  });
});

describe('cowlab calibrate', () => {
  it('refuses numbers that are none before anything is measured', async () => {
    expect(await run('calibrate', '--pages', '3')).toMatchObject({ code: 2,
      err: expect.stringMatching(/--pages 3: give a whole number from 512/) });
  });
  it('measures this machine where it can, and writes a profile that other commands read', async () => {
    const { code, out, err } = await run('calibrate', '--pages', '512', '--repeats', '3', '--out', 'costs.json',
      '--json');
    if (code === 2) {
      expect(err).toMatch(/this machine cannot be measured: /);
      return;
    }
    const profile = JSON.parse(readFileSync(join(cwd, 'costs.json'), 'utf8')) as { forkCall: { middle: number } };
    expect(profile.forkCall.middle).toBeGreaterThan(1000);
    expect(JSON.parse(out)).toMatchObject({ ...profile, measured: expect.arrayContaining([
      expect.objectContaining({ what: 'posix_spawn()' }),
    ]) });
    const projected = await run('project', '--pages', '1000', '--writes', '1', '--seconds', '1', '--costs',
      'costs.json');
    expect(projected.out).toMatch(/Times: cowlab calibrate, 20\d\d-\d\d-\d\d, Linux/);
  }, 120_000);
});
