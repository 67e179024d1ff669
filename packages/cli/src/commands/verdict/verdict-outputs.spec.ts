/** What other programs read of a verdict: each held to what they demand. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { main } from '../../cli.ts';

const FIXTURES = join(import.meta.dirname, '../../../../verdict/fixtures');
const TRACES = join(import.meta.dirname, '../../../../trace/fixtures');
const folder = mkdtempSync(join(tmpdir(), 'cowlab-outputs-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await main(['verdict', ...args], { cwd: FIXTURES, env: {},
    stdout: { write: (text) => (said.out += text) }, stderr: { write: (text) => (said.err += text) } });
  return { code, ...said };
}

const SEVERAL = ['dontfork.strace', 'uverbs.strace', 'dofork.strace', 'spawn.strace'];

describe('SARIF', () => {
  it('is valid by the schema of SARIF 2.1.0, whatever was found', async () => {
    const require = createRequire(import.meta.url);
    const path = join(dirname(require.resolve('@microsoft/jest-sarif')), 'schemas/sarif-2.1.0-rtm.5.json');
    const { $schema: _draft4, id, ...schema } = JSON.parse(readFileSync(path, 'utf8')) as { $schema: string;
      id: string };
    // Draft 4 names a schema by `id`; nothing else of it differs from what Ajv reads.
    const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile({ ...schema,
      $id: id });
    const { out } = await run(...SEVERAL, '--sarif');
    const sarif = JSON.parse(out) as { runs: [{ results: { ruleId: string; partialFingerprints: object }[] }] };
    validate(sarif);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...sarif, version: '2.0' })).toBe(false);
    expect(sarif.runs[0].results.map(({ ruleId }) => ruleId)).toEqual(expect.arrayContaining(['H1', 'H2']));
  });
});

describe('JUnit', () => {
  it('counts in each suite what its cases say', async () => {
    const { out } = await run(...SEVERAL, '--junit');
    const suites = [
      ...out.matchAll(/<testsuite name="([^"]+)" tests="(\d+)" failures="(\d+)" errors="(\d+)">([^]*?)<\/testsuite>/g),
    ];
    expect(suites.map(([, name]) => name)).toEqual(SEVERAL);
    for (const [, , tests, failures, errors, inside] of suites) {
      const nr = (pattern: RegExp): number => [...inside.matchAll(pattern)].length;
      expect([nr(/<testcase /g), nr(/<failure /g), nr(/<error /g)]).toEqual([tests, failures, errors].map(Number));
    }
  });
});

describe('OpenMetrics', () => {
  it('has each family once, its type before its samples, and ends with EOF', async () => {
    const { out } = await run(...SEVERAL, '--openmetrics', '--audit');
    const lines = out.trimEnd().split('\n');
    expect(lines.at(-1)).toBe('# EOF');
    let family = '';
    const seen: string[] = [];
    for (const line of lines.slice(0, -1)) {
      const [, name] = /^# TYPE (\w+) gauge$/.exec(line) ?? [];
      if (name !== undefined) seen.push(family = name);
      else expect(line).toMatch(
          new RegExp(`^(?:# HELP ${family} .+|${family}\\{\\w+="[^"]*"(?:,\\w+="[^"]*")*\\} \\d+)$`),
        );
    }
    expect(seen).toEqual([...new Set(seen)]);
    expect(lines).toContain('cowlab_verdict{recording="dontfork.strace",kernel="linux-6.18"} 3');
    expect(lines).toContain('cowlab_verdict{recording="spawn.strace",kernel="linux-6.18"} 0');
  });
});

describe('the replay for Perfetto', () => {
  it('has every call, arrows that arrive, spans that end, and slices that do not overlap', async () => {
    const file = join(folder, 'replay.json');
    expect((await run(join(TRACES, 'uring-fork'), '--perfetto', file, '--kernel', '5.7')).code).toBe(1);
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as {
      traceEvents: { ph: string; tid: number; ts: number; dur?: number; name: string; cat?: string; id?: number }[];
    };
    const of = (ph: string) => traceEvents.filter((event) => event.ph === ph);
    expect(of('X').map(({ name }) => name)).toEqual(expect.arrayContaining(['clone', 'io_uring_register', 'madvise']));
    expect(of('s').map(({ id }) => id)).toEqual(of('f').map(({ id }) => id));
    expect(of('s').length).toBeGreaterThan(0);
    expect(of('b').map(({ id }) => id).sort()).toEqual(of('e').map(({ id }) => id).sort());
    expect(of('i').filter(({ cat }) => cat === 'fault').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['a new page', 'COW: a copy']),
    );
    expect(of('i').some(({ cat }) => cat === 'finding')).toBe(true);
    const ends = new Map<number, number>();
    for (const { tid, ts, dur = 0 } of of('X')) {
      expect(ts).toBeGreaterThanOrEqual(ends.get(tid) ?? 0);
      ends.set(tid, ts + dur);
    }
  });
  it('takes no place of a file that is there', async () => {
    const file = join(folder, 'there.json');
    writeFileSync(file, 'mine');
    expect((await run('spawn.strace', '--perfetto', file)).code).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});

describe('a gate for builds', () => {
  it('lets through what the baseline knows, and stops what is new', async () => {
    const baseline = join(folder, 'baseline.json');
    writeFileSync(baseline, (await run('dofork.strace', '--json', '--kernel', '5.7')).out);
    expect((await run('dofork.strace', '--kernel', '5.7', '--baseline', baseline)).code).toBe(0);
    const other = await run('dofork.strace', 'dontneed.strace', '--kernel', '5.7', '--baseline', baseline);
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/^cowlab: new in dontneed\.strace: UNSAFE H1: madvise\(MADV_DONTNEED\)/);
    expect((await run('dontneed.strace', '--baseline', baseline, '--fail-on', 'H2')).code).toBe(0);
  });
  it('knows a finding again when addresses, pids and lines have changed', async () => {
    const baseline = join(folder, 'again.json');
    const { out } = await run('mlock.strace', '--json', '--kernel', '5.7');
    writeFileSync(baseline, out.replaceAll(/0x7f\w+/g, '0x7fffdead0000'));
    expect((await run('mlock.strace', '--kernel', '5.7', '--baseline', baseline)).code).toBe(0);
  });
  it.each([['--fail-on', 'H77'], ['--baseline', 'nowhere.json'], ['--baseline', 'dofork.strace']])(
    'refuses %s %s by name',
    async (flag, value) => {
      const { code, err } = await run('spawn.strace', flag, value);
      expect([code, err.split('\n').length, err.includes(value)]).toEqual([2, 2, true]);
    },
  );
});
