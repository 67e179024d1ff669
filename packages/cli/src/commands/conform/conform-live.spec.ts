/** What is refused before a kernel is asked is refused everywhere; the rest needs a machine that can be asked. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { whyNotRecord } from '@cowlab/conformance';
import { main } from '../../cli.ts';

/** Whoever else asks this kernel comes first. */
const MINUTES = 600_000;
let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-live-'));
  symlinkSync(fileURLToPath(new URL('../../../../../examples/', import.meta.url)), join(cwd, 'examples'));
  symlinkSync(fileURLToPath(new URL('../../../../oracle/fixtures/golden/', import.meta.url)), join(cwd, 'golden'));
  writeFileSync(join(cwd, 'mixed.cow'), `question What do they see?
mmap 0 0 anon 2
write 0 0 0 1
pin 0 0 0 0 1
fork 0 1
write 0 0 0 2
mprotect 1 0 0 2 r
write 1 0 1 3
expect * value 0 0 0 2
expect * value 1 0 0 1
expect linux-5.7 value 1 0 0 1
expect * step 6 SIGSEGV
`);
  writeFileSync(join(cwd, 'wrong.cow'), 'question Wrong?\nmmap 0 0 anon 1\nwrite 0 0 0 1\nexpect * value 0 0 0 9\n');
  writeFileSync(join(cwd, 'defect.cow'),
    'question Known?\nmmap 0 0 anon 1\nwrite 0 0 0 1\nxfail * it is 1\nexpect * value 0 0 0 9\n');
  writeFileSync(join(cwd, 'mended.cow'),
    'question Known?\nmmap 0 0 anon 1\nwrite 0 0 0 1\nxfail * it was 1\nexpect * value 0 0 0 1\n');
  writeFileSync(join(cwd, 'spin.cow'), 'question Short?\nmmap 0 0 anon 1\nwrite 0 0 0 1\nspin 0 0 0 0 1\n');
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function live(line: string): Promise<{ code: number; out: string[]; err: string }> {
  const said = { out: '', err: '' };
  const io = { stdout: { write: (text: string) => void (said.out += text) },
    stderr: { write: (text: string) => void (said.err += text) }, cwd, env: {} };
  return { code: await main(['conform', ...line.split(' ')], io), out: said.out.split('\n').slice(0, -1),
    err: said.err };
}

describe('cowlab conform --live', () => {
  it.each([
    ['--live', '--live needs a scenario; give .cow files or folders of them'],
    ['mixed.cow', 'say which kernel: either --golden DIR or --live SCENARIO'],
    ['--live mixed.cow --golden golden', 'say which kernel: either --golden DIR or --live SCENARIO'],
    ['--golden golden mixed.cow', '--golden takes its programs from golden; leave out mixed.cow, or say --live'],
    ['--live mixed.cow --profile linux-5.7 --kernel 5.9',
      '--profile and --kernel both name the model; give one of them'],
    ['--live nowhere.cow', 'nowhere.cow: cannot be read'],
    ['--live mixed.cow --junit no/such/folder.xml', '--junit no/such/folder.xml cannot be written (ENOENT'],
    ['--live mixed.cow --junit mixed.cow --force', '--junit mixed.cow is the same file as mixed.cow, what is read'],
    ['--live mixed.cow --profile linux-5.7,linux-5.9',
      'profile linux-5.7,linux-5.9: 2 lanes are named; a kernel is compared with one'],
  ])('refuses %s', async (line, why) => {
    const { code, out, err } = await live(line);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err).toMatch(/^cowlab: [^\n]+\n$/);
    expect(err).toContain(why);
  });
});

const reason = whyNotRecord();
(reason === null ? describe : describe.skip)(`on this machine${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it(
    'the model does as the kernel does; expectations are judged, defects are told, what cannot be asked is skipped by name',
    async () => {
      const { code, out, err } = await live(
        '--live mixed.cow wrong.cow defect.cow mended.cow spin.cow --junit report.xml',
      );
      expect({ code, err }).toEqual({ code: 1, err: '' });
      expect(out.slice(0, 2)).toEqual(['KTAP version 1', `# kernel: ${release()}`]);
      expect(out.slice(out.indexOf('1..5'))).toEqual(['1..5', 'ok 1 mixed.cow',
        '# line 4: expect * value 0 0 0 9, but 1', 'not ok 2 wrong.cow', '# line 5: expect * value 0 0 0 9, but 1',
        'ok 3 defect.cow # XFAIL it is 1', '# all that is expected holds, although a defect is told of this profile:',
        '#   it was 1', 'not ok 4 mended.cow', 'ok 5 spin.cow # SKIP spin: no system call holds it',
        '# Totals: pass:1 fail:2 xfail:1 xpass:0 skip:1 error:0']);
      expect(readFileSync(join(cwd, 'report.xml'), 'utf8')).toContain(
        '<testsuite name="live" tests="5" failures="2" errors="0" skipped="2">',
      );
    },
    MINUTES,
  );

  it('a model of another kernel parts from this one, and the step and page are named', async () => {
    const { code, out } = await live('--live mixed.cow --profile naive-cow');
    expect(code).toBe(1);
    expect(out).toEqual(
      expect.arrayContaining([expect.stringMatching(/^# step \d+, line \d+: \S.* \(P0 region 0 page 0\)$/),
        expect.stringMatching(/^# {3}kernel: \S/), expect.stringMatching(/^# {3}model: {2}\S/), 'not ok 1 mixed.cow']),
    );
  }, MINUTES);

  it('every situation is like the model of this kernel, or skipped by name', async () => {
    const { code, out } = await live('--live examples/situations');
    expect(out.filter((line) => line.startsWith('not ok') || line.startsWith('# step'))).toEqual([]);
    expect(out.filter((line) => line.includes('# SKIP')).map((line) => line.replace(/.*# SKIP (\w+): .*/, '$1')))
      .toEqual(expect.not.arrayContaining(['pin', 'pvread']));
    expect(out.filter((line) => /^ok \d+ \S+$/.test(line)).length).toBeGreaterThanOrEqual(29);
    expect(code).toBe(0);
  }, MINUTES);

  it('recorded programs can be asked too, and the answer be had as data', async () => {
    const { code, out } = await live('--live golden/directed.programs.txt.gz --json');
    const { kind, facts, results, verdicts } = JSON.parse(out.join('\n')) as { kind: string; facts: unknown;
      results: { outcome: string }[]; verdicts: { meeting: unknown }[] };
    expect({ kind, facts }).toMatchObject({ kind: 'conform-live', facts: { kernel: release() } });
    expect(results.length).toBe(160);
    expect(verdicts.filter(({ meeting }) => JSON.stringify(meeting) !== '{"met":"same"}')).toEqual([]);
    expect(code).toBe(0);
  }, MINUTES);
});
