/** What draws cells. */
import type { Cells } from '../../src/model/cells.ts';
import type { Camera } from './camera.ts';
import type { Theme } from './colours.ts';

export interface GridPainter {
  readonly kind: 'canvas' | 'webgl';
  /** New cells, `columns` in a row; the array may be the same as before. */
  load(cells: Cells, columns: number): void;
  draw(camera: Camera, theme: Theme): void;
}
