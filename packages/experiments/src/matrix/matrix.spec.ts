import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { openCatalogue } from '@cowlab/composition/node';
import { type Lane, PROFILES, resolveLanes } from '@cowlab/composition';
import { isChanged, type Matrix, type MatrixCell, matrixColumns, matrixFigures, runMatrix } from './matrix.ts';
import { matrixPage } from './page.ts';
import { chooseSituations } from './situations.ts';
import { readSituations } from '../node/read-situations.ts';

const situations = readSituations(null);
const catalogue = await openCatalogue({ cwd: process.cwd() });
const lanesOf = (text: string): Promise<readonly Lane[]> => resolveLanes(text, catalogue);
const PAGE = fileURLToPath(new URL('../../../../docs/matrix.md', import.meta.url));

const ROWS = fileURLToPath(new URL('./recorded-cells.ts', import.meta.url));

/** A line a situation: each profile at which the letters change, and to what. */
function rowsOf({ situations: files, kernels, cells: all }: Matrix): string[] {
  return files.map(({ id }, row) => {
    const letters = kernels.map((_, at) => all[row * kernels.length + at].letters);
    const turns = kernels.flatMap(({ name }, at) => letters[at] === letters[at - 1] ? [] : [`${name}=${letters[at]}`]);
    return `  '${id}': '${turns.join(' ')}',`;
  });
}

async function cells(rows: string, lanes: string): Promise<readonly MatrixCell[]> {
  return runMatrix(chooseSituations(situations, rows), await lanesOf(lanes)).cells;
}

describe('the whole matrix', () => {
  let matrix: Matrix;
  const runs: string[] = [];
  beforeAll(async () => {
    matrix = runMatrix(situations, await lanesOf(Object.keys(PROFILES).join(',')),
      (file, kernel) => runs.push(`${file} ${kernel}`));
  });

  it('is as documented in every cell of which something is documented', () => {
    const differing = matrix.cells.filter(({ agrees }) => agrees === false);
    expect(
      differing.map(({ id, profile, letters, document, differences }) => ({ id, profile, letters, document,
        differences })
      ),
    ).toEqual([]);
  });

  it('has a cell for every file and profile; only one file is held to nothing', () => {
    expect(matrix.cells.length).toBe(situations.length * Object.keys(PROFILES).length);
    expect(new Set(matrix.cells.filter(({ agrees }) => agrees === null).map(({ id }) => id))).toEqual(new Set(['30c']));
  });

  it('runs profiles that are the same kernel once', () => {
    expect(runs.filter((run) => /linux-6\.[56]$/.test(run))).toEqual(
      situations.map(({ file }) => `${file} linux-6.5`),
    );
    expect(matrix.nrRuns).toBe(runs.length);
    expect(new Set(runs).size).toBe(runs.length);
  });

  it('shows every letter but CD somewhere', () => {
    const letters = new Set(matrix.cells.flatMap((cell) => [...cell.letters.replace(/\d+/, '')]));
    expect([...letters].sort().join('')).toBe('-BCDFLMSVXZ');
  });

  it('has the letters that are written down, also where nothing is documented', () => {
    const text = readFileSync(ROWS, 'utf8');
    const written = text.replace(/(?<=\/\/ rows\n)[^]*?(?=\n {2}\/\/ end)/, rowsOf(matrix).join('\n'));
    if (process.env.COWLAB_DOCS === 'update') writeFileSync(ROWS, written);
    expect(written).toBe(text);
    expect(matrixFigures(matrix)).toMatchObject({ differ: 0, changed: 0 });
  });

  it('is what docs/matrix.md says', () => {
    const page = matrixPage(matrix, '../examples/situations/');
    if (process.env.COWLAB_DOCS === 'update') {
      mkdirSync(dirname(PAGE), { recursive: true });
      writeFileSync(PAGE, page);
    }
    expect(readFileSync(PAGE, 'utf8')).toBe(page);
  });
});

describe('a cell', () => {
  it('is what the run found, whatever the file expects', async () => {
    const mute = chooseSituations(situations, '1,15,18').map((situation) => ({ ...situation,
      scenario: { ...situation.scenario, expects: [] } })
    );
    const { cells: found } = runMatrix(mute, await lanesOf('linux-5.7,linux-5.12'));
    expect(found.map(({ letters }) => letters)).toEqual(['DL', 'CX2', 'DL', 'CX512S', 'CB', 'FC']);
  });

  it('differs when a kernel does what is documented of another one', async () => {
    const wrong = await cells('1,3-5,12,17-19', 'linux-5.9=linux-5.7,linux-5.7=linux-5.9');
    expect(
      wrong.filter(({ agrees }) => agrees === false).map(({ id, profile, letters, document }) =>
        `${id} ${profile} ${letters} not ${document}`
      ),
    ).toEqual(['1 linux-5.9 DL not C X', '1 linux-5.7 CX2 not D L', '3 linux-5.9 C not C X', '3 linux-5.7 CX2 not C',
      '4 linux-5.9 CL not -', '4 linux-5.7 CX1 not L', '12 linux-5.9 L not -', '12 linux-5.7 - not L']);
    expect(wrong[0].differences).toEqual([{ aspect: 'holds', documented: 'C', found: 'D' }, { aspect: 'leak',
      documented: 'no leak', found: 'leak' }, { aspect: 'copied', documented: 'some copied', found: '0 copied' }]);
  });

  it('of a failed fork(), a split and a child without the pages differs too', async () => {
    const wrong = await cells('15,18-20', 'linux-5.12=linux-5.7+madv-dontfork:pins=true');
    expect(wrong.map(({ id, differences }) => [id, ...differences.map(({ aspect, found }) => `${aspect} ${found}`)]))
      .toEqual([['15', 'copied 0 copied', 'split no split'], ['18', 'forkFailed fork() ok'], ['19'], ['20',
        'child segv']]);
  });

  it('of a lane that is no profile is held to nothing', async () => {
    const [mine] = await cells('3', 'mine=linux-5.9-rc5');
    expect(mine).toMatchObject({ profile: 'mine', generation: null, letters: 'D', document: null, agrees: null,
      differences: [] });
  });

  it('of which nothing is documented is held to what was written down of it', async () => {
    const [kept, lost] = await cells('30c', 'linux-6.1,linux-5.9=linux-6.1');
    expect([kept, lost].map(({ agrees, letters, recorded }) => [agrees, letters, recorded])).toEqual([[null, 'CX1',
      'CX1'], [null, 'CX1', 'C']]);
    expect([isChanged(kept), isChanged(lost)]).toEqual([false, true]);
  });

  it('keeps the findings with the lines they come from', async () => {
    const [cell] = await cells('1', 'linux-5.7');
    const { lines } = situations[0].scenario;
    expect(cell.findings.map(({ hazard, line }) => [hazard, line])).toEqual([['H1', lines[5]], ['H1', lines[6]], ['H4',
      lines[7]]]);
  });

  it('under a race that is documented has what whole steps come to, and says so', async () => {
    const found = await cells('27', 'linux-5.10.4,linux-5.11,linux-5.19');
    expect(found.map(({ letters, document, agrees, race }) => [letters, document, agrees, race])).toEqual([['D', 'D',
      true, false], ['C', 'D?', true, true], ['C', 'C', true, false]]);
  });
});

describe('columns', () => {
  it('join neighbours that do the same in the rows shown', async () => {
    const lanes = await lanesOf('linux-5.7,linux-5.8,linux-5.9-rc5,linux-5.9');
    const heads = (rows: string): unknown =>
      matrixColumns(runMatrix(chooseSituations(situations, rows), lanes)).map(({ kernels }) => kernels.length);
    expect(heads('1')).toEqual([3, 1]);
    expect(heads('1,12')).toEqual([1, 2, 1]);
    expect(heads('10')).toEqual([4]);
  });

  it('never join a cell that agrees with one that differs', async () => {
    const matrix = runMatrix(chooseSituations(situations, '2'), await lanesOf('linux-5.8,linux-5.9-rc5=linux-5.7'));
    expect(matrix.cells.map(({ letters }) => letters)).toEqual(['C', 'C']);
    expect(matrixColumns(matrix).length).toBe(2);
    expect(matrixFigures(matrix)).toEqual({ agree: 1, differ: 1, undocumented: 0, changed: 0 });
  });
});
