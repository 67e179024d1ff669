/**
 * The colour of one pixel of one cell. `shader.ts` says the same to a graphics card; a test in a browser holds the two
 * equal, pixel by pixel. Integers only, so that both can mean the same.
 */
import { CELL } from '../../src/model/cells.ts';
import { PATTERNS, type Theme } from './colours.ts';

/** In the first word, above the frame: this cell is another one in the first lane. */
export const DIFFERS = 0x80000000;
const FRAME = 0xffffff;
/** From this size on a cell has a border, patterns, marks. */
export const BORDER_FROM = 4;
export const PATTERN_FROM = 8;
export const MARKS_FROM = 12;

/** (u, v) within the cell, which is `size` pixels wide and high. */
export function shade(word: number, flags: number, u: number, v: number, size: number, theme: Theme): number {
  if (word === 0 && (flags & 0xffff) === 0) return theme.ground;
  const huge = (flags & CELL.HUGE) !== 0;
  if (size >= BORDER_FROM && !huge && (u === size - 1 || v === size - 1)) return theme.ground;
  const edge = Math.min(u, v, size - 2 - u, size - 2 - v);
  if ((flags & CELL.APART) !== 0 && edge < Math.max(1, size >> 3)) return theme.apart;
  if ((word & DIFFERS) !== 0 && size >= BORDER_FROM && edge < Math.max(1, size >> 4)) return theme.differs;
  if ((flags & CELL.HOLE) !== 0) return size >= PATTERN_FROM && ((u + v) & 7) === 0 ? theme.hatch : theme.ground;
  if ((flags & CELL.EMPTY) !== 0) return theme.empty;
  if ((flags & CELL.SWAPPED) !== 0) return size >= PATTERN_FROM && (v & 3) === 0 ? theme.hatch : theme.swapped;
  if (size >= MARKS_FROM && isMark(flags, u, v, size)) return theme.mark;
  if ((flags & CELL.ZERO) !== 0) return theme.zero;
  const frame = (word & FRAME) - 1;
  const colour = theme.frames[frame & 7];
  return size >= PATTERN_FROM && isInked((frame >> 3) % PATTERNS, u, v) ? darker(colour) : colour;
}

/** Patterns 1 to 3: diagonals, dots, bars; 0 is plain. */
function isInked(pattern: number, u: number, v: number): boolean {
  if (pattern === 1) return ((u + v) & 7) < 2;
  if (pattern === 2) return (u & 7) < 2 && (v & 7) < 2;
  return pattern === 3 && (u & 7) < 2;
}

/**
 * Write-protected: a bar at the bottom. Pinned: a disc in the upper left, for a pipe a ring. Exclusive: a corner in the
 * upper right. Dirty: a notch in the lower left, above the bar.
 */
function isMark(flags: number, u: number, v: number, size: number): boolean {
  const inner = size - 1;
  if ((flags & CELL.WRPROTECT) !== 0 && v >= inner - (size >> 3) - 1 && v < inner - 1 && u >= 2 && u < inner - 2)
    return true;
  if ((flags & CELL.PINNED) !== 0) {
    const r = size >> 3;
    const [x, y] = [2 * (u - 3 - r) + 1, 2 * (v - 3 - r) + 1];
    const far = x * x + y * y;
    if (far <= 4 * (r + 1) * (r + 1) && ((flags & CELL.PIPE) === 0 || far > 4 * (r - 1) * (r - 1))) return true;
  }
  const corner = size >> 2;
  if ((flags & CELL.EXCLUSIVE) !== 0 && inner - 1 - u + v < corner) return true;
  const notch = size >> 3;
  return (flags & CELL.DIRTY) !== 0 && u >= 2 && u < 2 + notch && v >= inner - 2 * notch - 3
    && v < inner - notch - 3;
}

/** Three quarters of each channel. */
const darker = (colour: number): number => ((colour >> 2) & 0x3f3f3f) + ((colour >> 1) & 0x7f7f7f);
