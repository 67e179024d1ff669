import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'cowlab-suite-'))));
afterAll(() => rmSync(folder, { recursive: true }));

async function conform(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(['conform', ...args], { stdout: to('out'), stderr: to('err'), cwd: folder, env: {} });
  return { code, ...text };
}

describe('cowlab conform --suite cow', () => {
  it('counts what holds and what fails as known, profile by profile', async () => {
    const { code, out } = await conform('--suite', 'cow', '--profile', 'linux-6.1,linux-7.2');
    expect(code).toBe(0);
    expect(out).toBe(`cow        scenarios  pass  fail  xfail  xpass
---------  ---------  ----  ----  -----  -----
linux-6.1        111   102     0      9      0
linux-7.2        111   106     0      5      0

111 scenarios on 2 profiles: all as expected.
`);
  });

  it('fails on a policy of which no defect is told, and says what came instead', async () => {
    const { code, out } = await conform('--suite', 'cow', '--profile', 'naive-cow');
    expect(code).toBe(1);
    expect(out).toContain('buffer-fork-thp on naive-cow fails:\n    expect * pin 0 coherent, but diverged 0-511\n');
    expect(out).toMatch(/^111 scenarios on 1 profile: 60 of 111 not as expected\.$/m);
    expect(out.split('\n').filter((line) => line.length > 75)).toEqual([]);
  });

  it('tells KTAP with a test for each profile, known failures marked', async () => {
    const { code, out } = await conform('--suite', 'cow', '--profile', 'linux-7.2', '--ktap');
    expect(code).toBe(0);
    expect(out).toContain('KTAP version 1\n# suite: cow\n1..1\n  KTAP version 1\n  # profile: linux-7.2\n  1..111\n');
    expect(
      out.match(/^ {2}ok \d+ vmsplice-\S+-hugetlb: .* # XFAIL a hugetlb page is judged by its mappings on purpose/gm)
        ?.length,
    ).toBe(5);
    expect(out).toContain('  # Totals: pass:106 fail:0 xfail:5 xpass:0 skip:0 error:0\nok 1 linux-7.2\n');
  });

  it('writes JUnit XML besides, and prints data', async () => {
    const { code, out } = await conform('--suite', 'cow', '--profile', 'linux-6.1', '--json', '--junit', 'cow.xml');
    expect(code).toBe(0);
    const { kind, cells } = JSON.parse(out) as { kind: string;
      cells: { id: string; lane: string; outcome: string; why: string | null }[] };
    expect([kind, cells.length, cells.filter(({ outcome }) => outcome === 'xfail').length]).toEqual(['suite', 111, 9]);
    expect(cells.every(({ outcome, why }) => (outcome === 'xfail') === (why !== null))).toBe(true);
    expect(readFileSync(join(folder, 'cow.xml'), 'utf8')).toContain(
      '<testsuite name="linux-6.1" tests="111" failures="0" errors="0" skipped="9">',
    );
  });

  it.each([
    [['--suite', 'cwo'], "suite 'cwo': there is no such suite; did you mean 'cow'?"],
    [['--suite', 'cow', '--golden', 'x'], '--golden is for recordings; leave it out, or leave out --suite'],
    [['--suite', 'cow', 'x.cow'], '--suite has its own scenarios; leave out x.cow'],
    [['--suite', 'cow', '--kernel', '6.1'], '--kernel is for --live; give --profile linux-6.1'],
    [['--suite', 'cow', '--json', '--ktap'], '--json and --ktap are both given; give one of them'],
    [['--live', '--ktap', 'x.cow'], '--ktap is for --suite; --live prints KTAP anyway'],
    [['--suite', 'cow', '--profile', 'linux-9'], "there is no policy or profile 'linux-9'"],
    [['--suite', 'cow', '--profile', 'linux-6.1', '--junit', 'no/cow.xml'], '--junit no/cow.xml cannot be written'],
  ])('%j is refused in one line', async (args, message) => {
    const { code, out, err } = await conform(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err.trimEnd()).not.toContain('\n');
  });
});
