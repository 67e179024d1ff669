/** docs/matrix.md, made from a run: what the page says is what the model did. */
import { type Matrix, type MatrixCell, matrixColumns, matrixFigures } from './matrix.ts';
import { generations } from './document.ts';
import { MATRIX_LETTERS } from './outcome.ts';

/** `folder`: where the situations are, seen from the page. */
export function matrixPage(matrix: Matrix, folder: string): string {
  const columns = matrixColumns(matrix);
  const { agree, differ, undocumented } = matrixFigures(matrix);
  return `${
    [
      '# Thirty situations on every kernel',
      '',
      '<!-- Made from a run, do not edit: COWLAB_DOCS=update npm test -- matrix -->',
      '',
      'What becomes of a page, its owner, its child and its device in thirty situations of fork(), COW and pins. Every cell is',
      'what a run of the model found; the situations are scenario files, one order of steps each. `cowlab matrix` runs them.',
      'Kernels that do the same in every situation share a column. What the letters mean stands below the table.',
      '',
      line(['', 'situation',
        ...columns.map(({ kernels }) => kernels.map((kernel) => kernel.replace(/^linux-/, '')).join(', '))]),
      line(['---', '---', ...columns.map(() => '---')]),
      ...matrix.situations.map(({ id, file, text }, at) =>
        line([`[${id}](${folder}${file})`, text, ...columns.map(({ cells }) => cellText(cells[at]))])
      ),
      '',
      line(['letter', 'meaning']),
      line(['---', '---']),
      ...[...MATRIX_LETTERS, ...MARKS].map(([letter, meaning]) => line([letter, meaning])),
      '',
      '## What it is held to',
      '',
      'The same table was made by reading the sources of the kernels, before there was a model; it is in',
      '[document.ts](../packages/experiments/src/matrix/document.ts), and no run takes anything from it. It has these generations,',
      'and says of most situations only what matters there: of row 4 whether there is a leak, of row 12 nothing about copies. What it',
      'does not speak of is shown above as the run found it and held to nothing.',
      '',
      line(['generation', 'profiles']),
      line(['---', '---']),
      ...Object.entries(generations()).map(([generation, profiles]) => line([generation, profiles.join(', ')])),
      '',
      `Of ${matrix.cells.length} cells (${matrix.situations.length} files on ${matrix.kernels.length} profiles) `
      + `${agree} are as documented, ${differ} are not, and ${undocumented} are documented nowhere.`,
      ...matrix.cells.filter(({ agrees }) => agrees === false).flatMap((cell) => ['', differenceText(cell)]),
    ].join('\n')
  }\n`;
}

const MARKS: readonly (readonly [mark: string, meaning: string])[] = [
  ['~', 'documented as D when reclaim overtakes a pin; no order of whole steps shows that race'],
  ['!', 'not as documented'],
];

function cellText({ letters, agrees, race }: MatrixCell): string {
  return letters + (agrees === false ? '!' : race ? '~' : '');
}

function differenceText({ id, profile, letters, document, differences }: MatrixCell): string {
  return `* Row ${id} on ${profile}: ${letters}, documented as ${document}: ${
    differences.map(({ documented, found }) => `${documented} there, ${found} here`).join('; ')
  }.`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
