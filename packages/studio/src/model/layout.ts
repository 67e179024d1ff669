/**
 * Where each page lies on the picture. Rows are ranges of addresses, the same for everybody; columns are the address
 * spaces and, last, the devices. So a page and its copy in a child stand side by side, and nothing moves while time
 * goes by.
 */
import type { Mapped } from './ranges-mapped.ts';

/** A range of addresses, as rows. */
export interface Band {
  readonly start: number;
  readonly nr: number;
  readonly row: number;
  readonly rows: number;
}

export interface Column {
  /** -1 for what devices and pipes hold. */
  readonly mm: number;
  readonly x: number;
}

export interface Layout {
  readonly bands: readonly Band[];
  readonly columns: readonly Column[];
  readonly pagesPerRow: number;
  /** In cells, the gaps included. */
  readonly width: number;
  readonly height: number;
  /** Address spaces and ranges that found no place. */
  readonly left: { readonly mms: number; readonly ranges: number };
}

export const DEVICES = -1;
/** Cells between two columns. */
const GAP = 1;
/** What a texture may be high and wide everywhere. */
const SIDE_MAX = 8192;
const MMS_MAX = 7;

export function layoutOf({ ranges, mms }: Mapped, chosen: readonly number[] = mms): Layout {
  const shown = chosen.slice(0, MMS_MAX);
  const pages = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  const columns = shown.length + 1;
  const widest = Math.min(1024, 2 ** Math.floor(Math.log2(SIDE_MAX / columns - GAP)));
  let pagesPerRow = 2;
  const longest = ranges.reduce((most, { start, end }) => Math.max(most, end - start), 1);
  while (pagesPerRow < Math.min(8, longest)) pagesPerRow *= 2;
  while (pagesPerRow < widest && (pagesPerRow * 4 < wanted(pages) || rowsOf(ranges, pagesPerRow) > SIDE_MAX))
    pagesPerRow *= 2;
  const bands: Band[] = [];
  let row = 0;
  for (const { start, end } of ranges) {
    const rows = Math.ceil((end - start) / pagesPerRow);
    if (row + rows > SIDE_MAX) break;
    bands.push({ start, nr: end - start, row, rows });
    row += rows + 1;
  }
  return { bands, columns: [...shown, DEVICES].map((mm, i) => ({ mm, x: i * (pagesPerRow + GAP) })), pagesPerRow,
    width: columns * (pagesPerRow + GAP) - GAP, height: Math.max(1, row - 1),
    left: { mms: mms.length - shown.length, ranges: ranges.length - bands.length } };
}

/** About as wide as high, and never so wide that a page of a small program is lost in a row. */
const wanted = (pages: number): number => Math.sqrt(pages) * 2;

const rowsOf = (ranges: Mapped['ranges'], pagesPerRow: number): number =>
  ranges.reduce((sum, { start, end }) => sum + Math.ceil((end - start) / pagesPerRow) + 1, 0);

/** The band that holds a page, or the next one; -1 past the last. */
export function bandFrom({ bands }: Layout, vpn: number): number {
  let low = 0;
  let high = bands.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bands[middle].start + bands[middle].nr > vpn) high = middle;
    else low = middle + 1;
  }
  return low < bands.length ? low : -1;
}

export interface PagePlace {
  readonly mm: number;
  readonly vpn: number;
}

/** Number of the cell of a page, counted row by row; -1 where it has none. */
export function cellOf(layout: Layout, { mm, vpn }: PagePlace): number {
  const column = layout.columns.find((candidate) => candidate.mm === mm);
  const at = bandFrom(layout, vpn);
  if (column === undefined || at < 0 || layout.bands[at].start > vpn) return -1;
  const { row, start } = layout.bands[at];
  const { pagesPerRow, width } = layout;
  return (row + Math.floor((vpn - start) / pagesPerRow)) * width + column.x + (vpn - start) % pagesPerRow;
}

/** What lies at a cell; null for a gap. */
export function pageAt(layout: Layout, x: number, y: number): PagePlace | null {
  const column = layout.columns.find((candidate) => x >= candidate.x && x < candidate.x + layout.pagesPerRow);
  const band = layout.bands.find(({ row, rows }) => y >= row && y < row + rows);
  if (column === undefined || band === undefined) return null;
  const offset = (y - band.row) * layout.pagesPerRow + x - column.x;
  return offset < band.nr ? { mm: column.mm, vpn: band.start + offset } : null;
}
