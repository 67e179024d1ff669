/**
 * What part of the picture is seen, in whole pixels: a cell is a whole number of pixels wide, or a pixel a whole number
 * of cells. So two ways of drawing come to the same picture, to the pixel.
 */

export interface Camera {
  /** Above 0: pixels per cell. Below: cells per pixel, as a negative number. */
  readonly zoom: number;
  /** Pixels that the picture is pushed to the left and upwards. */
  readonly x: number;
  readonly y: number;
}

export interface Extent {
  readonly width: number;
  readonly height: number;
}

const ZOOMS: readonly number[] = [-8, -6, -4, -3, -2, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64];
/** A cell need not be larger than what is written in it. */
const FITTING_MAX = 48;

/** Pixels that so many cells take. */
export const pixels = (zoom: number, cells: number): number => (zoom > 0 ? cells * zoom : Math.ceil(cells / -zoom));

/** The largest zoom at which all of the picture is seen; `smallest` is what people can still point at. */
export function fitting(picture: Extent, room: Extent, smallest = 1): Camera {
  const fits = ZOOMS.findLast((zoom) =>
    zoom <= FITTING_MAX && pixels(zoom, picture.width) <= room.width && pixels(zoom, picture.height) <= room.height
  );
  const wide = ZOOMS.findLast((zoom) => zoom <= FITTING_MAX && pixels(zoom, picture.width) <= room.width) ?? -8;
  const zoom = fits ?? -8;
  return { zoom: zoom < smallest && wide >= smallest ? smallest : zoom, x: 0, y: 0 };
}

/** One stop nearer or further; what lies at (px, py) stays there. */
export function zoomed({ zoom, x, y }: Camera, by: number, px: number, py: number): Camera {
  const at = Math.max(0, ZOOMS.indexOf(zoom));
  const next = ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, at + by))];
  const ratio = scale(next) / scale(zoom);
  return { zoom: next, x: Math.round((x + px) * ratio - px), y: Math.round((y + py) * ratio - py) };
}

const scale = (zoom: number): number => (zoom > 0 ? zoom : -1 / zoom);

/** Never so far that nothing is seen. */
export function held({ zoom, x, y }: Camera, picture: Extent, room: Extent): Camera {
  const most = (cells: number, seen: number): number => Math.max(0, pixels(zoom, cells) - seen);
  return { zoom, x: Math.min(Math.max(0, x), most(picture.width, room.width)),
    y: Math.min(Math.max(0, y), most(picture.height, room.height)) };
}

/** The cell under a pixel. */
export function cellUnder({ zoom, x, y }: Camera, px: number, py: number): { readonly x: number; readonly y: number } {
  const at = (pixel: number): number => (zoom > 0 ? Math.floor(pixel / zoom) : pixel * -zoom);
  return { x: at(px + x), y: at(py + y) };
}

/** Where a cell begins, in pixels of the canvas. */
export function placeOf({ zoom, x, y }: Camera, cx: number, cy: number): { readonly x: number; readonly y: number } {
  const at = (cell: number): number => (zoom > 0 ? cell * zoom : Math.floor(cell / -zoom));
  return { x: at(cx) - x, y: at(cy) - y };
}

/** So that a cell is seen, with a little around it. */
export function showing(camera: Camera, cx: number, cy: number, room: Extent): Camera {
  const size = Math.max(1, camera.zoom);
  const at = placeOf(camera, cx, cy);
  const push = (place: number, seen: number): number =>
    place < size ? place - size : place > seen - 2 * size ? place - seen + 2 * size : 0;
  return { ...camera, x: camera.x + push(at.x, room.width), y: camera.y + push(at.y, room.height) };
}
