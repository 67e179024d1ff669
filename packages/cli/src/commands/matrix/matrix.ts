/** `cowlab matrix`: all situations under all kernels, one cell for what each makes of each. */
import { chooseSituations, isChanged, type Matrix, MATRIX_LETTERS, type MatrixCell, matrixColumns, matrixFigures,
  runMatrix } from '@cowlab/experiments/matrix';
import { inputPath } from '@cowlab/composition/node';
import { knowExpectedLanes, PROFILES, resolveLanes } from '@cowlab/composition';
import { readSituations } from '@cowlab/experiments/node';
import type { Command } from 'commander';
import { type Ends, EXIT, type ExitCode, type Io, progress } from '../../terminal/io.ts';
import { warnOfLanes } from '../../terminal/lane-warnings.ts';
import { openHere } from '../../terminal/open-here.ts';
import { COLUMNS, count, paragraph, table } from '@cowlab/prose';

interface MatrixFlags {
  readonly rows?: string;
  readonly kernels?: string;
  readonly situations?: string;
  readonly json?: boolean;
}

export function addMatrix(program: Command, io: Io, ends: Ends): void {
  program.command('matrix')
    .summary('thirty situations on every kernel')
    .description('Run the situations on every kernel and tell what became of the pages.')
    .option('--rows <rows>', 'some of them: 1-6,15,22b')
    .option('--kernels <lanes>', 'some kernels, or lanes of your own (default: all profiles)')
    .option('--situations <dir>', 'where the situations are (default: examples/situations)')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Each cell is what the run found, in letters explained below the table.
Kernels that do the same in all rows shown share a column. A cell that is
not as documented is marked and told in full.

Exit code 1 when a cell is not as documented, or, where the document is
silent, not as it was written down when it was last looked at.

Example:
  $ cowlab matrix --rows 1-3,13 --kernels linux-5.9-rc5,linux-5.9,linux-6.1`)
    .action(async (flags: MatrixFlags) => ends(await matrix(flags, io)));
}

async function matrix(flags: MatrixFlags, io: Io): Promise<ExitCode> {
  const all = flags.situations === undefined
    ? readSituations(null)
    : readSituations(inputPath(flags.situations, io.cwd), flags.situations);
  const situations = flags.rows === undefined ? all : chooseSituations(all, flags.rows);
  const { catalogue } = await openHere(io);
  const lanes = await resolveLanes(flags.kernels ?? Object.keys(PROFILES).join(','), catalogue);
  warnOfLanes(lanes, io);
  const names = lanes.map(({ name }) => name);
  for (const { scenario } of situations) await knowExpectedLanes(scenario, names, catalogue);
  const watch = progress(io);
  let found: Matrix;
  try {
    found = runMatrix(situations, lanes, (file, kernel) => watch.say(`running ${file} on ${kernel} ...`));
  } finally {
    watch.done();
  }
  const figures = matrixFigures(found);
  io.stdout.write(
    `${flags.json === true ? JSON.stringify({ ...found, figures }, null, 2) : matrixText(found).join('\n')}\n`,
  );
  return figures.differ + figures.changed > 0 ? EXIT.finding : EXIT.holds;
}

function matrixText(found: Matrix): string[] {
  const { situations, cells } = found;
  const columns = matrixColumns(found).map(({ kernels, cells: column }): Column => ({ head: headOf(kernels),
    cells: column.map(cellText) })
  );
  const rows = situations.map(({ id }) => id);
  return [
    ...columnGroups(columns, Math.max(...rows.map(({ length }) => length), 'row'.length)).flatMap((
      group,
    ) => [
      ...table(['row', ...group.map(({ head }) => head)],
        rows.map((id, at) => [id, ...group.map((column) => column.cells[at])])),
      '',
    ]),
    ...lettersIn(cells).flatMap(([letter, meaning]) => paragraph(meaning, letter.padEnd(4))),
    '',
    ...situations.flatMap(({ id, text }) => paragraph(text, id.padEnd(4))),
    '',
    ...verdict(found),
  ];
}

function cellText(cell: MatrixCell): string {
  return cell.letters + (cell.agrees === false ? '!' : isChanged(cell) ? '*' : cell.race ? '~' : '');
}

/** `5.12 5.15`, `v2 to 5.10`. */
function headOf(kernels: readonly string[]): string {
  const names = kernels.map((kernel) => kernel.replace(/^linux-(?=[\w.-]+$)/, '').replace(/^posted-v2$/, 'v2'));
  return names.length > 2 ? `${names[0]} to ${names[names.length - 1]}` : names.join(' ');
}

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
}

/** As many columns side by side as a line has room for, next to a first one of `label` letters. */
function columnGroups(columns: readonly Column[], label: number): Column[][] {
  const groups: Column[][] = [[]];
  let room = COLUMNS - label;
  for (const column of columns) {
    const width = 2 + Math.max(...[...column.head.split(' '), ...column.cells].map(({ length }) => length));
    if (width > room && groups[groups.length - 1].length > 0) {
      groups.push([]);
      room = COLUMNS - label;
    }
    groups[groups.length - 1].push(column);
    room -= width;
  }
  return groups;
}

/** Those that appear, and the marks. */
function lettersIn(cells: readonly MatrixCell[]): [string, string][] {
  const shown = new Set(cells.flatMap(({ letters }) => [...letters]));
  return [
    ...MATRIX_LETTERS.filter(([letter]) => shown.has(letter[0])).map((
      [letter, meaning],
    ): [string, string] => [letter, meaning]),
    ...(cells.some(({ race }) => race)
      ? [
        ['~', 'documented as D when reclaim overtakes a pin; no order of whole steps shows that race'] as [string,
          string],
      ]
      : []),
    ...(cells.some(({ agrees }) => agrees === false)
      ? [['!', 'not as documented, see below'] as [string, string]]
      : []),
    ...(cells.some(isChanged) ? [['*', 'not what was written down of it, see below'] as [string, string]] : []),
  ];
}

function verdict(found: Matrix): string[] {
  const { agree, differ, undocumented, changed } = matrixFigures(found);
  const differing = found.cells.filter(({ agrees }) => agrees === false);
  return [
    ...differing.flatMap(({ id, profile, letters, document, differences }) =>
      paragraph(
        `${letters}, documented as ${document}: ${
          differences.map(({ documented, found: came }) => `${documented} there, ${came} here`).join('; ')
        }`,
        `row ${id} on ${profile}  `,
        4,
      )
    ),
    ...found.cells.filter(isChanged).flatMap(({ id, profile, letters, recorded }) =>
      paragraph(`${letters}, written down as ${recorded}`, `row ${id} on ${profile}  `, 4)
    ),
    ...paragraph(
      `${count(found.situations.length, 'situation')} on ${count(found.kernels.length, 'kernel')}: ${
        count(agree, 'cell is', 'cells are')
      } as documented, `
        + `${differ} ${differ === 1 ? 'is' : 'are'} not, ${undocumented} ${
          undocumented === 1 ? 'is' : 'are'
        } documented nowhere${changed === 0 ? '' : `; ${count(changed, 'cell has', 'cells have')} changed`}.`,
    ),
  ];
}
