/**
 * A line for each lane, with the interval of its mean, as SVG. The library that draws is large and only loaded
 * here; who
 * wants no chart need not install it.
 */
import type * as Plots from '@observablehq/plot';
import { didYouMean } from '@cowlab/prose';
import { SweepError } from '../sweep/sweep-error.ts';
import type { SweepTable } from '../sweep/sweep-table.ts';

export interface ChartOptions {
  /** Parameter along the bottom. Default: the first whose values are numbers. */
  readonly x?: string;
  /** Measure along the side. Default: the first. */
  readonly y?: string;
  readonly width?: number;
  readonly height?: number;
}

interface Datum {
  readonly x: number | string;
  readonly y: number;
  readonly low: number;
  readonly high: number;
  /** The lane, and whatever else is varied. */
  readonly line: string;
}

/** @throws SweepError when the table has no such column, or the library is not installed */
export async function sweepChart(table: SweepTable, options: ChartOptions = {}): Promise<string> {
  const { parameters, measures, rows, question } = table;
  const isNumeric = (name: string): boolean => rows.every((row) => typeof row.parameters[name] === 'number');
  const x = known('x', options.x ?? parameters.find(isNumeric) ?? parameters[0], parameters);
  const y = known('y', options.y ?? measures[0], measures);
  const others = parameters.filter((name) => name !== x && new Set(rows.map((row) => row.parameters[name])).size > 1);
  const data = joined(rows.map(({ lane, parameters: point, measures: found }): Datum => {
    const { mean, low, high } = found[y];
    const line = [lane, ...others.map((name) => `${name}=${point[name]}`)].join(' ');
    const value = point[x];
    return { x: typeof value === 'boolean' ? String(value) : value, y: mean, low, high, line };
  }));
  return drawn(data, { x, y, question, numeric: isNumeric(x), width: options.width ?? 760,
    height: options.height ?? 420 });
}

interface Frame {
  readonly x: string;
  readonly y: string;
  readonly question: string;
  readonly numeric: boolean;
  readonly width: number;
  readonly height: number;
}

const ROW = 18;

async function drawn(data: readonly Datum[], { x, y, question, numeric, width, height }: Frame): Promise<string> {
  const { Plot, document } = await library();
  const lines = [...new Set(data.map(({ line }) => line))];
  const head = ROW * (lines.length + 2);
  const at = (row: number, dx = 0) => ({ frameAnchor: 'top-left' as const, dx, dy: ROW * row - head });
  const legend = lines.flatMap((line, row) => [
    Plot.dot([line], { fill: () => line, r: 5, ...at(row + 1, 6) }),
    Plot.text([line], { text: () => line, textAnchor: 'start', fontSize: 12, ...at(row + 1, 18) }),
  ]);
  const options: Plots.PlotOptions = { document: document as never, width, height: height + head, marginTop: head + 12,
    marginLeft: 72, marginRight: 24, marginBottom: 40,
    style: { background: 'white', color: 'black', fontFamily: 'sans-serif' },
    x: { label: x,
      ...(numeric ? (isGeometric(data) ? { type: 'log', base: 2, tickFormat: 'd' } : {}) : { type: 'point' }) },
    y: { label: y, labelAnchor: 'center', labelArrow: 'none', grid: true, zero: true, nice: true },
    color: { type: 'categorical', domain: lines }, marks: [
      Plot.text([question], { text: () => question, textAnchor: 'start', fontSize: 14, fontWeight: 'bold', ...at(0) }),
      ...legend,
      Plot.ruleY([0]),
      Plot.ruleX(data.filter(({ low, high }) => low < high), { x: 'x', y1: 'low', y2: 'high', stroke: 'line' }),
      Plot.line(data, { x: 'x', y: 'y', stroke: 'line', strokeWidth: 2 }),
      Plot.dot(data, { x: 'x', y: 'y', fill: 'line' }),
    ] };
  const svg = Plot.plot(options) as unknown as Drawing;
  // A document of its own needs its name; inside a page it has none.
  return `${svg.outerHTML.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')}\n`;
}

/** Lines that coincide are one line that goes by both names: the upper one would hide the lower. */
function joined(data: readonly Datum[]): Datum[] {
  const groups = new Map<string, { names: string[]; points: Datum[] }>();
  for (const name of new Set(data.map(({ line }) => line))) {
    const points = data.filter(({ line }) => line === name);
    const key = JSON.stringify(points.map(({ line: _, ...point }) => point));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { names: [name], points });
    else group.names.push(name);
  }
  return [...groups.values()].flatMap(({ names, points }) =>
    points.map((point) => ({ ...point, line: names.join(', ') }))
  );
}

/** Values that grow by factors stand evenly on a logarithmic axis. */
function isGeometric(data: readonly Datum[]): boolean {
  const values = [...new Set(data.map(({ x }) => x as number))].sort((a, b) => a - b);
  const factors = values.slice(1).map((value, at) => value / values[at]);
  return values.length > 2 && values[0] > 0 && factors.every((factor) => factor >= 1.5)
    && Math.max(...factors) <= 2 * Math.min(...factors);
}

function known(axis: string, name: string, names: readonly string[]): string {
  if (names.includes(name)) return name;
  throw new SweepError(`chart, ${axis}`, `there is no '${name}'`, didYouMean(name, names));
}

/** What is used of a document made without a browser; the types of a browser are not at hand here. */
interface Drawing {
  readonly outerHTML: string;
}
interface Html {
  parseHTML(text: string): { readonly document: object };
}

async function library(): Promise<{ Plot: typeof Plots; document: object }> {
  try {
    const Plot = await import('@observablehq/plot');
    const { parseHTML } = (await import('linkedom')) as unknown as Html;
    return { Plot, document: parseHTML('<!doctype html><html><body></body></html>').document };
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new SweepError('chart', 'the library that draws is not installed',
      'npm install @observablehq/plot linkedom, or take the table as CSV', { cause });
  }
}
