/** Plain text of at most 75 columns: tables, wrapped paragraphs, and ASCII whatever the input held. */
import { COLUMNS } from './io.ts';

const GAP = '  ';

export type Align = 'left' | 'right';

/**
 * Rows under a head, the columns as wide as they need to be. A table that is too wide gives up room in its widest
 * column, whose cells then run over several lines.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], align: readonly Align[] = []): string[] {
  const cells = [head, ...rows].map((row) => row.map(ascii));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const room = COLUMNS - GAP.length * (head.length - 1);
  // A head of several words is the first to give way.
  if (sum(widths) > room) {
    const [words] = cells;
    widths.forEach((_, column) => (widths[column] = Math.max(...cells.slice(1).map((row) => row[column].length), ...words[column].split(' ').map((word) => word.length))));
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
  const cells = row.map((cell, column) => wrapWords(cell, widths[column]));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => cells
    .map((lines, column) => (align[column] === 'right' ? (lines[line] ?? '').padStart(widths[column]) : (lines[line] ?? '').padEnd(widths[column])))
    .join(GAP));
}

/** A paragraph with every line but the first indented by `indent` more than the first. */
export function paragraph(text: string, first = '', indent = first.length): string[] {
  const [head, ...rest] = wrapWords(ascii(text), COLUMNS - Math.max(first.length, indent));
  return [first + head, ...rest.map((line) => ' '.repeat(indent) + line)];
}

function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    const fits = line === '' ? rest.length <= width : line.length + 1 + rest.length <= width;
    if (fits) {
      line = line === '' ? rest : `${line} ${rest}`;
      continue;
    }
    if (line !== '') lines.push(line);
    for (; rest.length > width; rest = rest.slice(width)) lines.push(rest.slice(0, width));
    line = rest;
  }
  return [...lines, line];
}

/** What a mail, a log and a terminal all show alike. */
export function ascii(text: string): string {
  return text.replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"').replace(/[\u2013\u2014]/g, '-').replace(/\u2026/g, '...')
    .replace(/[^\x20-\x7e]/gu, '?');
}

/** `1, 2, 3, 7` as `1-3,7`, and what goes on in equal steps as `1,3,...,19`. */
export function ranges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const texts: string[] = [];
  for (let at = 0; at < sorted.length;) {
    const step = sorted[at + 1] - sorted[at];
    let end = at + 1;
    while (end < sorted.length && sorted[end] - sorted[end - 1] === step) end++;
    // Three in a row of larger steps are as short written out.
    const nr = step === 1 || end - at >= STEPS_MIN ? end - at : 1;
    const [first, last] = [sorted[at], sorted[at + nr - 1]];
    texts.push(nr === 1 ? `${first}` : step === 1 ? `${first}-${last}` : `${first},${first + step},...,${last}`);
    at += nr;
  }
  return texts.join(',');
}

const STEPS_MIN = 5;

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

export function count(nr: number, one: string, many = `${one}s`): string {
  return `${nr} ${nr === 1 ? one : many}`;
}
