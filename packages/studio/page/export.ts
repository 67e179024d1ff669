/** What leaves the page: pictures, the table in mail form, a trace for Perfetto. All made here, nothing is sent. */
import { eventText } from '@cowlab/trial';
import { table } from '@cowlab/prose';
import { cellRuns } from '../src/model/cell-words.ts';
import type { LaneRun } from '../src/model/lane-run.ts';
import type { Layout } from '../src/model/layout.ts';
import { CELL, type Cells } from '../src/model/cells.ts';
import { paintPixels } from './grid/canvas-painter.ts';
import { css, type Theme } from './grid/colours.ts';

export function save(name: string, parts: BlobPart[], type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const SIZE = 24;
/** What image programs open. */
const SIDE_MAX = 8192;

const sizeFor = ({ width, height }: Layout): number =>
  Math.max(1, Math.min(SIZE, Math.floor(SIDE_MAX / Math.max(width, height))));

export async function pngOf(cells: Cells, on: Layout, theme: Theme): Promise<Blob> {
  const size = sizeFor(on);
  const canvas = document.createElement('canvas');
  canvas.width = on.width * size;
  canvas.height = on.height * size;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser draws no picture');
  const image = context.createImageData(canvas.width, canvas.height);
  paintPixels(new Uint32Array(image.data.buffer), canvas.width, canvas.height, cells, on.width, { zoom: size, x: 0,
    y: 0 }, theme);
  context.putImageData(image, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('the picture is too large')) : resolve(blob)));
  });
}

/** Cells as squares: colours, frames and marks, for documents that are printed large. */
export function svgOf(cells: Cells, on: Layout, theme: Theme): string {
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${on.width * SIZE} ${
      on.height * SIZE
    }" font-family="monospace" font-size="9" text-anchor="middle">`,
    `<rect width="100%" height="100%" fill="${css(theme.ground)}"/>`,
  ];
  for (let at = 0; at < cells.length; at += 2) {
    const flags = cells[at + 1];
    if ((flags & 0xffff) === 0) continue;
    const frame = (cells[at] & 0xffffff) - 1;
    const [x, y] = [((at / 2) % on.width) * SIZE, Math.floor(at / 2 / on.width) * SIZE];
    const has = (flag: number): boolean => (flags & flag) !== 0;
    const fill = has(CELL.HOLE) ? theme.ground : has(CELL.EMPTY) ? theme.empty : has(CELL.SWAPPED)
      ? theme.swapped
      : has(CELL.ZERO)
      ? theme.zero
      : theme.frames[frame & 7];
    const edge = has(CELL.APART)
      ? ` stroke="${css(theme.apart)}" stroke-width="3"`
      : has(CELL.HOLE)
      ? ` stroke="${css(theme.hatch)}" stroke-dasharray="2 2"`
      : '';
    out.push(`<rect x="${x + 1}" y="${y + 1}" width="${SIZE - 3}" height="${SIZE - 3}" fill="${css(fill)}"${edge}/>`);
    if (has(CELL.WRPROTECT)) out.push(`<rect x="${x + 4}" y="${y + 18}" width="15" height="2"/>`);
    if (has(CELL.PINNED)) out.push(`<circle cx="${x + 6}" cy="${y + 6}" r="3"/>`);
    if (has(CELL.PRESENT) && !has(CELL.ZERO)) out.push(`<text x="${x + 12}" y="${y + 16}">${frame}</text>`);
  }
  return `${out.join('\n')}\n</svg>\n`;
}

/** 75 columns of plain text, as kernel lists take them. */
export function mailOf(
  lane: LaneRun,
  cells: Cells,
  on: Layout,
  names: { readonly column: (mm: number) => string; readonly page: (vpn: number) => string },
  at: string,
): string {
  const { runs } = cellRuns(cells, on, 200);
  return [`${lane.name}, ${at}:`, '',
    ...table(['whose', 'pages', 'nr', 'what is there'],
      runs.map(({ mm, vpn, nr, words }) => [names.column(mm), names.page(vpn), String(nr), words]), ['left', 'left',
      'right', 'left']), ''].join('\n');
}

/** A slice for each command, an instant for each event; a microsecond an event. */
export function perfettoOf(lane: LaneRun): string {
  const { machine } = lane;
  const events: object[] = [{ ph: 'M', pid: 1, tid: 1, name: 'thread_name', args: { name: lane.name } }];
  for (const [i, { text, result, from, to }] of lane.steps.entries()) {
    const begin = machine.before[from] + i;
    events.push({ ph: 'X', pid: 1, tid: 1, name: text, cat: 'step', ts: begin,
      dur: machine.before[to] - machine.before[from] + 1, args: { result } });
    for (let p = from, nr = 0; p < to; p++)
      for (const event of machine.log[p].events)
        events.push({ ph: 'i', pid: 1, tid: 1, s: 't', name: eventText(event), cat: 'event', ts: begin + nr++ });
  }
  return JSON.stringify({ traceEvents: events, displayTimeUnit: 'ns', otherData: { lane: lane.name } });
}
