import { type Cell, PAGES, PINNED, sweep } from './sweep.ts';

const COLUMNS: readonly (readonly [head: string, of: (cell: Cell) => string | number])[] = [
  ['memory', ({ kind }) => kind],
  ['pinned', ({ pinned }) => pinned],
  ['lane     ', ({ lane }) => lane],
  ['fork PTEs', ({ ptesVisited }) => ptesVisited],
  ['fork copies', ({ copiedAtFork }) => copiedAtFork],
  ['all copies', ({ copiedInAll }) => copiedInAll],
  ['lost', ({ lost }) => lost],
];

const row = (cells: readonly (string | number)[]): string =>
  cells.map((
    cell,
    at,
  ) => (typeof cell === 'string' ? cell.padEnd(COLUMNS[at][0].length) : `${cell}`.padStart(COLUMNS[at][0].length)))
    .join('  ').trimEnd();

console.log(`${PAGES} pages, all touched; a part is pinned, fork(), the part is written again`);
let group = '';
for (const cell of await sweep()) {
  if (cell.kind !== group) console.log(`\n${row(COLUMNS.map(([head]) => head))}`);
  group = cell.kind;
  console.log(row(COLUMNS.map(([, of]) => of(cell))));
  if (cell.lane === 'early-cow' && cell.pinned !== PINNED[PINNED.length - 1]) console.log();
}
