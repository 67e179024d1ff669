/** Tables of at most 75 columns. */
import { ascii } from './ascii.ts';
import { COLUMNS } from './columns.ts';
import { wrap } from './paragraph.ts';

const GAP = '  ';

export type Align = 'left' | 'right';

/**
 * Rows under a head, the columns as wide as they need to be. A table that is too wide gives up room in its widest
 * column, whose cells then run over several lines.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Align[] = [],
): string[] {
  const cells = [head, ...rows].map((row) => row.map(ascii));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const room = COLUMNS - GAP.length * (head.length - 1);
  // A head of several words is the first to give way.
  if (sum(widths) > room) {
    const [words] = cells;
    widths.forEach((
      _,
      column,
    ) => (widths[column] = Math.max(...cells.slice(1).map((row) => row[column].length),
      ...words[column].split(' ').map((word) => word.length)))
    );
  }
  for (let over = sum(widths) - room; over > 0; over = sum(widths) - room) {
    const widest = widths.indexOf(Math.max(...widths));
    const second = Math.max(MIN_WIDTH, ...widths.filter((_, column) => column !== widest));
    if (widths[widest] <= MIN_WIDTH) break;
    widths[widest] = Math.max(second === widths[widest] ? second - 1 : second, widths[widest] - over, MIN_WIDTH);
  }
  const lines = cells.flatMap((row, at) => {
    const line = rowLines(row, widths, align);
    return at === 0 ? [...line, widths.map((width) => '-'.repeat(width)).join(GAP)] : line;
  });
  return lines.map((line) => line.trimEnd().slice(0, COLUMNS));
}

const MIN_WIDTH = 8;
const sum = (numbers: readonly number[]): number => numbers.reduce((all, nr) => all + nr, 0);

function rowLines(row: readonly string[], widths: readonly number[], align: readonly Align[]): string[] {
  const cells = row.map((cell, column) => wrap(cell, widths[column]));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, column) => (align[column] === 'right'
        ? (lines[line] ?? '').padStart(widths[column])
        : (lines[line] ?? '').padEnd(widths[column]))
      )
      .join(GAP));
}

/** Rows that say the same of several names, said once: names first, joined; in the order of their first. */
export function alike(rows: readonly (readonly [name: string, ...cells: string[]])[]): string[][] {
  const groups = new Map<string, [string, ...string[]]>();
  for (const [name, ...cells] of rows) {
    const key = JSON.stringify(cells);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [name, ...cells]);
    else group[0] += `, ${name}`;
  }
  return [...groups.values()];
}

/** The same rows for a page in Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
