/** A sweep's table as text for people, and as CSV. */
import { type Align, paragraph, table } from '@cowlab/prose';
import type { Estimate } from '../measures/estimate.ts';
import type { SweepTable } from './sweep-table.ts';

/** At most 75 columns, plain ASCII. */
export function sweepText({ question, parameters, measures, repeats, seed, rows }: SweepTable): string[] {
  const body = rows.map((
    row,
  ) => [...parameters.map((name) => String(row.parameters[name])), row.lane,
    ...measures.map((name) => estimateText(row.measures[name]))]
  );
  const numeric = parameters.map((name) => rows.every((row) => typeof row.parameters[name] === 'number'));
  const align: Align[] = [...numeric.map((is): Align => (is ? 'right' : 'left')), 'left',
    ...measures.map((): Align => 'right')];
  const varies = rows.some((row) => measures.some((name) => row.measures[name].low < row.measures[name].high));
  return [
    ...paragraph(question, 'question  '),
    '',
    ...table([...parameters, 'lane', ...measures].map(words), body, align),
    ...(varies
      ? ['', ...paragraph(`Means of ${repeats} repeats, seed ${seed}; [low, high] is the 95 % bootstrap interval.`)]
      : []),
  ];
}

/** `pagesCopiedAtFork` as words, between which a head may be broken. */
const words = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`);

function estimateText({ mean, low, high }: Estimate): string {
  return low === high ? short(mean) : `${short(mean)} [${short(low)}, ${short(high)}]`;
}

const short = (value: number): string => String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));

/** RFC 4180: a line for each row, every measure as mean, low and high. */
export function sweepCsv({ parameters, measures, rows }: SweepTable): string {
  const head = [...parameters, 'lane', 'repeats', ...measures.flatMap((name) => [name, `${name} low`, `${name} high`])];
  const lines = rows.map((
    row,
  ) => [...parameters.map((name) => row.parameters[name]), row.lane, row.measures[measures[0]].nr,
    ...measures.flatMap((name) => [row.measures[name].mean, row.measures[name].low, row.measures[name].high])]
  );
  return [head, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | boolean): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
