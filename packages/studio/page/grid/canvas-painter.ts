/** The grid on a 2D canvas, pixel by pixel: where there is no WebGL, and what WebGL is held against. */
import type { Cells } from '../../src/model/cells.ts';
import type { Camera } from './camera.ts';
import type { Theme } from './colours.ts';
import type { GridPainter } from './grid-painter.ts';
import { shade } from './shade.ts';

export class CanvasPainter implements GridPainter {
  readonly kind = 'canvas';
  private cells: Cells = new Uint32Array(0);
  private columns = 0;
  private image: ImageData | null = null;

  constructor(private readonly context: CanvasRenderingContext2D) {}

  load(cells: Cells, columns: number): void {
    this.cells = cells;
    this.columns = columns;
  }

  draw(camera: Camera, theme: Theme): void {
    const { width, height } = this.context.canvas;
    if (width === 0 || height === 0) return;
    if (this.image === null || this.image.width !== width || this.image.height !== height)
      this.image = this.context.createImageData(width, height);
    paintPixels(new Uint32Array(this.image.data.buffer), width, height, this.cells, this.columns, camera, theme);
    this.context.putImageData(this.image, 0, 0);
  }
}

/** `out` is one word a pixel, as ImageData has them. */
export function paintPixels(
  out: Uint32Array,
  width: number,
  height: number,
  cells: Cells,
  columns: number,
  { zoom, x, y }: Camera,
  theme: Theme,
): void {
  const rows = columns === 0 ? 0 : cells.length / 2 / columns;
  const size = Math.max(1, zoom);
  const step = zoom > 0 ? 1 : -zoom;
  const ground = rgba(theme.ground);
  for (let py = 0; py < height; py++) {
    const gy = py + y;
    const cy = zoom > 0 ? Math.floor(gy / size) : gy * step;
    const v = zoom > 0 ? gy - cy * size : 0;
    for (let px = 0; px < width; px++) {
      const gx = px + x;
      const cx = zoom > 0 ? Math.floor(gx / size) : gx * step;
      const at = (cy * columns + cx) * 2;
      out[py * width + px] = cx < 0 || cx >= columns || cy < 0 || cy >= rows
        ? ground
        : rgba(shade(cells[at], cells[at + 1], zoom > 0 ? gx - cx * size : 0, v, size, theme));
    }
  }
}

/** Opaque, in the order that little-endian machines keep. */
const rgba = (colour: number): number =>
  (0xff000000 | ((colour & 0xff) << 16) | (colour & 0xff00) | (colour >> 16)) >>> 0;
