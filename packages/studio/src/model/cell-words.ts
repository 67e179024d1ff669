/** A cell in words: for screen readers, for the table, for whoever points at it. */
import { CELL, type Cells, VALUE_SHIFT } from './cells.ts';
import { DEVICES, type Layout } from './layout.ts';

const FRAME = 0xffffff;

const MARKS: readonly (readonly [number, string])[] = [[CELL.HUGE, 'huge'], [CELL.WRPROTECT, 'write-protected'], [
  CELL.SHARED,
  'shared',
], [CELL.EXCLUSIVE, 'exclusive'], [CELL.PINNED, 'pinned'], [CELL.DIRTY, 'dirty'], [CELL.FILE, 'of a file']];

/** What `flags` (the second word) say beside the frame. */
export function marksOf(flags: number): string[] {
  return MARKS.filter(([flag]) => (flags & flag) !== 0).map(([, word]) => word);
}

export function cellWords(word: number, flags: number, isDevice = false): string {
  if ((flags & 0xffff) === 0) return 'nothing';
  const apart = (flags & CELL.APART) !== 0
    ? [isDevice ? 'its owner sees another page' : 'a device holds another page']
    : [];
  if ((flags & CELL.HOLE) !== 0) return ['a hole', ...apart].join(', ');
  if ((flags & CELL.EMPTY) !== 0) return ['nothing there yet', ...apart].join(', ');
  if ((flags & CELL.SWAPPED) !== 0) return [`swapped out, slot ${(word & FRAME) - 1}`, ...apart].join(', ');
  if ((flags & CELL.ZERO) !== 0) return ['the zero page', ...marksOf(flags), ...apart].join(', ');
  const held = isDevice ? [(flags & CELL.PIPE) !== 0 ? 'held by a pipe' : 'held by a device'] : marksOf(flags);
  return [`frame ${(word & FRAME) - 1}`, ...held, ...apart, `holds ${flags >>> VALUE_SHIFT}`].join(', ');
}

/** The frame in the first word; null where there is none. */
export const frameIn = (
  word: number,
  flags: number,
): number | null => ((flags & CELL.PRESENT) !== 0 ? (word & FRAME) - 1 : null);

export interface CellRun {
  readonly mm: number;
  readonly vpn: number;
  readonly nr: number;
  readonly words: string;
}

/**
 * The picture as rows of pages that are alike, frames counting up: what the grid shows, to be read. At most `most`;
 * holes that nobody ever filled are left out.
 */
export function cellRuns(cells: Cells, layout: Layout, most: number): { readonly runs: CellRun[]; more: boolean } {
  const runs: CellRun[] = [];
  for (const { mm, x } of layout.columns) {
    for (const band of layout.bands) {
      const at = (offset: number): number =>
        ((band.row + Math.floor(offset / layout.pagesPerRow)) * layout.width + x + offset % layout.pagesPerRow) * 2;
      for (let offset = 0; offset < band.nr;) {
        const [word, flags] = [cells[at(offset)], cells[at(offset) + 1]];
        let nr = 1;
        const counts = (flags & CELL.PRESENT) !== 0 && (flags & CELL.ZERO) === 0;
        while (offset + nr < band.nr && cells[at(offset + nr) + 1] === flags
          && cells[at(offset + nr)] === word + (counts ? nr : 0)) nr++;
        if (flags !== 0 && (flags & 0xffff) !== CELL.HOLE) {
          if (runs.length === most) return { runs, more: true };
          runs.push({ mm, vpn: band.start + offset, nr, words: runWords(word, flags, nr, counts, mm === DEVICES) });
        }
        offset += nr;
      }
    }
  }
  return { runs, more: false };
}

function runWords(word: number, flags: number, nr: number, counts: boolean, isDevice: boolean): string {
  const words = cellWords(word, flags, isDevice);
  return nr > 1 && counts
    ? words.replace(/^frame (\d+)/, (_, first: string) => `frames ${first} to ${Number(first) + nr - 1}`)
    : words;
}
