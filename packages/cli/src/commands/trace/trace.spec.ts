/** From a program to a sentence in two commands, with the recorders that are installed here. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync,
  writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { manifestOf, readCowtrace, TEXT_BYTES_MAX } from '@cowlab/composition/node';
import { afterAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';
import { atWallClock, clockDistance } from './clock.ts';

const folder = mkdtempSync(join(tmpdir(), 'cowlab-trace-spec-'));
afterAll(() => rmSync(folder, { recursive: true }));

const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
const traced = canTrace ? it : it.skip;
const PATIENCE_MS = 60_000;

async function run(args: readonly string[], env = process.env): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await main([...args], { cwd: folder, env, stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text) } });
  return { code, ...said };
}

const manifest = (name: string) => manifestOf(readCowtrace(join(folder, name), name, TEXT_BYTES_MAX), name);
/** A folder of these programs alone. */
function pathOf(...programs: readonly string[]): string {
  const bin = mkdtempSync(join(folder, 'bin-'));
  for (const program of programs) {
    const at = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
    if (at !== '') symlinkSync(at, join(bin, program));
  }
  return bin;
}

describe('two commands from a program to a sentence', () => {
  traced('(skipped where strace is missing or may not trace) record a shell that forks, and judge it', async () => {
    const recorded = await run(['trace', '--', 'sh', '-c', '(true); exec true']);
    expect(recorded).toMatchObject({ code: 0, err: '' });
    expect(recorded.out).toMatch(
      /^recorded cowlab-trace\.cowtrace: \d+ lines of strace, .*\(tar, packed by (?:zstd|gzip)\)/,
    );
    expect(recorded.out).toMatch(/\nnext: cowlab verdict\n$/);
    const judged = await run(['verdict', '--audit']);
    expect(judged.out).toMatch(/^SAFE on all: no call that holds memory is among the recorded ones, 1 fork/);
    expect(judged.out).not.toMatch(/UNEXPLAINED|Faults of ours/);
    expect(judged.code).toBe(0);
    expect(manifest('cowlab-trace.cowtrace')).toMatchObject({ command: ['sh', '-c', '(true); exec true'],
      attachedTo: null, calls: expect.arrayContaining(['ioctl', 'close', '%memory']) });
  }, PATIENCE_MS);

  traced('are read by compare as well', async () => {
    await run(['trace', '-o', 'again', '--no-perf', '--', 'sh', '-c', '(true)']);
    expect((await run(['compare', 'again.cowtrace', '--policies', 'linux-6.18'])).out).toMatch(/verdict {3}SAFE/);
    expect((await run(['verdict', 'again'])).code).toBe(0);
    expect(manifest('again.cowtrace').quality).toContain('page faults: none were sampled: it was not asked for');
  }, PATIENCE_MS);

  traced('take no place of a recording that was named, and follow a process that runs', async () => {
    writeFileSync(join(folder, 'kept.cowtrace'), 'mine');
    expect((await run(['trace', '-o', 'kept', '--', 'true'])).code).toBe(2);
    expect(readFileSync(join(folder, 'kept.cowtrace'), 'utf8')).toBe('mine');
    const running = spawn('sleep', ['60'], { stdio: 'ignore' });
    // It ends as soon as it is recorded.
    const status = `/proc/${running.pid}/status`;
    const timer = setInterval(() => {
      if (existsSync(status) && /^TracerPid:\s+[1-9]/m.test(readFileSync(status, 'utf8'))) running.kill();
    }, 50);
    const { code } = await run(['trace', '-o', 'running', '--no-perf', '-p', String(running.pid)]);
    clearInterval(timer);
    expect(code).toBe(0);
    expect((await run(['verdict', 'running'])).out).toMatch(/^DEPENDS on all: attached to a running process/);
  }, PATIENCE_MS);
});

describe('where a recorder is missing', () => {
  it('strace, what installs it is said, and what works without', async () => {
    const { code, err } = await run(['trace', '--', '/bin/true'], { PATH: pathOf('sh') });
    expect(code).toBe(2);
    expect(err).toMatch(/^cowlab: strace is not installed; .*strace\. Without it: cowlab inspect PID .*\n$/);
  });
  traced('perf, the calls are recorded all the same', async () => {
    const { code, out } = await run(['trace', '-o', 'noperf', '--', '/bin/true'], { PATH: pathOf('strace') });
    expect(code).toBe(0);
    expect(out).toMatch(/no page faults.*\n {2}- page faults: none were sampled: perf is not installed; /);
  }, PATIENCE_MS);
  traced('the right to use perf, likewise', async () => {
    const bin = join(folder, 'bad');
    mkdirSync(bin);
    writeFileSync(join(bin, 'perf'), '#!/bin/sh\n[ "$1" = --version ]\n');
    chmodSync(join(bin, 'perf'), 0o755);
    const { out } = await run(['trace', '-o', 'forbidden', '--', '/bin/true'], {
      PATH: [bin, pathOf('strace', 'sh')].join(delimiter),
    });
    expect(out).toMatch(/perf may not record here \(kernel\.perf_event_paranoid is -?\d+\); run as root/);
  }, PATIENCE_MS);
  traced('a program that cannot be started, that is said', async () => {
    const { code, err } = await run(['trace', '-o', 'none', '--no-perf', '-p', '999999999']);
    expect([code, err]).toEqual([2,
      expect.stringMatching(/^cowlab: strace wrote nothing: is process 999999999 there/)]);
  }, PATIENCE_MS);
});

describe('one clock for two recorders', () => {
  it('moves a sample by the distance of the clocks, to the nanosecond', () => {
    expect(atWallClock('  sh 1/1 12.999999999: exceptions:page_fault_user: address=0x1', 1_795_000_000_000_000_002n))
      .toBe(
        '  sh 1/1 1795000013.000000001: exceptions:page_fault_user: address=0x1',
      );
  });
  it('is measured to less than a millisecond', () => {
    const distance = clockDistance();
    const now = Number((process.hrtime.bigint() + distance) / 1_000_000n);
    expect(Math.abs(now - Date.now())).toBeLessThan(50);
  });
});
