/** Over the grid: numbers of frames where there is room, the chosen page, and whoever else maps its frame. */
import { frameIn } from '../../src/model/cell-words.ts';
import type { Cells } from '../../src/model/cells.ts';
import type { Layout } from '../../src/model/layout.ts';
import { type Camera, cellUnder, placeOf } from './camera.ts';
import { css, type Theme } from './colours.ts';

export interface Overlay {
  readonly cells: Cells;
  readonly layout: Layout;
  readonly camera: Camera;
  readonly theme: Theme;
  readonly ratio: number;
  /** Number of the chosen cell; -1 for none. */
  readonly chosen: number;
}

/** Pixels of the screen that a number needs. */
const NUMBER_FROM = 24;

export function drawOverlay(canvas: HTMLCanvasElement, { cells, layout, camera, theme, ratio, chosen }: Overlay): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const { zoom } = camera;
  const frame = chosen < 0 ? null : frameIn(cells[chosen * 2], cells[chosen * 2 + 1]);
  const numbered = zoom >= NUMBER_FROM * ratio;
  const size = Math.max(1, zoom);
  if (zoom >= 4) {
    const from = cellUnder(camera, 0, 0);
    const to = cellUnder(camera, canvas.width - 1, canvas.height - 1);
    context.font = `${11 * ratio}px ui-monospace, monospace`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (let y = Math.max(0, from.y); y <= Math.min(layout.height - 1, to.y); y++) {
      for (let x = Math.max(0, from.x); x <= Math.min(layout.width - 1, to.x); x++) {
        const cell = y * layout.width + x;
        const here = frameIn(cells[cell * 2], cells[cell * 2 + 1]);
        if (here === null) continue;
        const at = placeOf(camera, x, y);
        if (numbered) {
          context.fillStyle = '#14171c';
          context.fillText(String(here), at.x + (size - 1) / 2, at.y + size / 2, size - 6);
        }
        if (here === frame && cell !== chosen) outline(context, at.x, at.y, size, css(theme.differs), ratio, true);
      }
    }
  }
  if (chosen < 0) return;
  const at = placeOf(camera, chosen % layout.width, Math.floor(chosen / layout.width));
  outline(context, at.x - 1, at.y - 1, Math.max(8 * ratio, size + 1), css(theme.differs), 2 * ratio, false);
}

function outline(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  size: number,
  colour: string,
  width: number,
  dashed: boolean,
): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dashed ? [3 * width, 2 * width] : []);
  context.strokeRect(x + width / 2, y + width / 2, size - 1 - width, size - 1 - width);
}
