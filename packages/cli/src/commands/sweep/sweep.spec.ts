import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const PATIENCE_MS = 300_000;
let cwd = '';

/** Threads load what was built. */
beforeAll(() => {
  const built = spawnSync(process.execPath, [join(ROOT, 'tools/build.mjs')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stdout);
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-sweep-'));
}, PATIENCE_MS);
afterAll(() => rmSync(cwd, { recursive: true }));

const argsOf = (line: string): string[] => [join(ROOT, 'packages/cowlab/bin/cowlab.mjs'), ...line.split(' ')];

function cowlab(line: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, argsOf(line), { cwd, encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

async function refuses(line: string): Promise<string> {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(line.split(' '), { stdout: to('out'), stderr: to('err'), cwd, env: {} });
  expect({ code, out: text.out }).toEqual({ code: 2, out: '' });
  return text.err.slice('cowlab: '.length, -1);
}

const MODULE = `
import { experiment, powers, scenario, snapshot } from 'cowlab/experiment';

export default experiment({
  question: 'What does a snapshot cost the writer?',
  lanes: 'linux-5.7,./mine.mjs',
  sweep: { pages: powers(1, 16), writes: [1, 2, 3, 4, 5] },
  repeats: 20,
  scenario: ({ pages, writes }, random) => scenario('...?').steps(snapshot(random, { pages, writes })),
  measure: { copied: 'pagesCopiedOnWrite', hazards: 'hazards', commands: ({ log }) => log.length },
});
`;
const MINE = "export default { id: 'mine', summary: 'Copies all.', onForkPage: () => 'copy' };\n";

describe('a sweep of 1,000 cells', () => {
  /** 2 lanes x 25 points x 20 repeats. */
  const CELLS = 1000;
  beforeAll(() => {
    writeFileSync(join(cwd, 'volume.ts'), MODULE);
    writeFileSync(join(cwd, 'mine.mjs'), MINE);
  });

  it('comes to the same table on one thread and on two', () => {
    const [one, two] = [1, 2].map((workers) => cowlab(`sweep volume.ts --workers ${workers} --json`));
    expect([one.status, two.status, one.err, two.err]).toEqual([0, 0, '', '']);
    expect(two.out).toBe(one.out);
    const { rows, repeats } = JSON.parse(one.out) as { rows: { measures: { copied: { nr: number } } }[];
      repeats: number };
    expect(rows.length * repeats).toBe(CELLS);
    expect(rows.every(({ measures: { copied } }) => copied.nr === 20)).toBe(true);
  }, PATIENCE_MS);

  it('goes on after kill -9, repeats no finished cell, and comes to the same table', async () => {
    const file = join(cwd, 'kept.jsonl');
    const lines = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(1, -1) : []);
    let kills = 0;
    for (let before = 0; kills < 2; kills++) {
      const child = spawn(process.execPath, argsOf('sweep volume.ts --workers 2 --results kept.jsonl'), { cwd,
        stdio: 'ignore' });
      const ended = new Promise((end) => child.once('exit', (_, signal) => end(signal)));
      while (lines().length < before + 100 && child.exitCode === null) await new Promise((wait) => setTimeout(wait, 5));
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      before = lines().length;
      expect(before).toBeLessThan(CELLS);
    }
    const before = lines();
    // As if the machine had lost power in the middle of a line.
    writeFileSync(file, readFileSync(file, 'utf8') + '{"cell":99');
    const resumed = cowlab('sweep volume.ts --results kept.jsonl');
    expect(resumed.err).toBe('');
    expect(resumed.out).toContain(`${before.length} of 1000 cells were in kept.jsonl already;`);
    const cells = lines().map((line) => (JSON.parse(line) as { cell: number }).cell);
    expect(lines().slice(0, before.length)).toEqual(before);
    expect(cells.toSorted((a, b) => a - b)).toEqual(Array.from({ length: CELLS }, (_, cell) => cell));
    expect(cowlab('sweep volume.ts --results kept.jsonl --json').out).toBe(
      cowlab('sweep volume.ts --workers 1 --json').out,
    );
  }, PATIENCE_MS);

  it('does not go on with the results of another sweep', async () => {
    const other = 'kept.jsonl: holds the results of another sweep (file, lanes, points, measures or seed differ)';
    cowlab('sweep volume.ts --set pages=1 --set writes=1 --repeats 1 --results kept.jsonl');
    expect(await refuses('sweep volume.ts --seed 2 --results kept.jsonl')).toContain(other);
    expect(await refuses('sweep volume.ts --set writes=1 --results kept.jsonl')).toContain(other);
    writeFileSync(join(cwd, 'mine.mjs'), MINE.replace('copy', 'share'));
    expect(await refuses('sweep volume.ts --results kept.jsonl')).toContain(other);
    expect(await refuses('sweep volume.ts --results volume.ts')).toContain('volume.ts: is no results file of a sweep');
  }, PATIENCE_MS);
});

describe('sweep', () => {
  it('fills the parameters of a text, and draws a chart', () => {
    const fixture = join(ROOT, 'packages/cli/fixtures/pinned-share.cow');
    const { status, out, err } = cowlab(
      `sweep ${fixture} --set pinned=64..256*2 --chart cost.svg --y pagesCopiedAtFork --arrow cost.arrow`,
    );
    expect([status, err]).toEqual([0, '']);
    for (const line of out.split('\n')) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
    expect(out).toMatch(/^ +128 +linux-5\.9 +1024 +128 +0 +0 +0$/m);
    expect(readFileSync(join(cwd, 'cost.svg'), 'utf8')).toContain('</svg>');
    expect(readFileSync(join(cwd, 'cost.arrow'), 'latin1')).toMatch(/^ARROW1[^]*ARROW1$/);
    const csv = cowlab(`sweep ${fixture} --set pinned=1,2 --policies linux-6.1 --measure pagesCopiedAtFork --csv`).out;
    expect(csv.split('\r\n').map((line) => line.split(',').slice(0, 4).join())).toEqual([
      'pinned,lane,repeats,pagesCopiedAtFork',
      '1,linux-6.1,1,1',
      '2,linux-6.1,1,2',
      '',
    ]);
  }, PATIENCE_MS);

  it.each([
    ['sweep nowhere.cow', 'nowhere.cow: there is no such file'],
    ['sweep volume.ts --set page=1', '--set page: the experiment has no such parameter; it has pages, writes'],
    ['sweep volume.ts --set pages=1 --set pages=2', '--set pages is given twice; join its values by commas'],
    ['sweep volume.ts --measure copied,hazard', "measure 'hazard': there is no such measure; did you mean 'hazards'?"],
    ['sweep volume.ts --csv --json', '--csv and --json exclude each other'],
    ['sweep volume.ts --chart cost.png', '--chart cost.png is no .svg file; name it cost.svg'],
    ['sweep volume.ts --arrow cost.csv', '--arrow cost.csv is no .arrow file; name it cost.arrow'],
    ['sweep volume.ts --workers 0', '--workers 0 is no whole number; use one from 1 on'],
    ['sweep mine.mjs', 'mine.mjs: has no experiment as its default export; write `export default experiment({ ... })`'],
  ])('%s is refused', async (line, message) => {
    expect(await refuses(line)).toContain(message);
  });
});
