/** For tests in a browser: what is on the screen, as data. It shows what the page shows and changes nothing. */
import { placeText } from '../src/model/place.ts';
import { paintPixels } from './grid/canvas-painter.ts';
import { DARK, LIGHT } from './grid/colours.ts';
import { webglOf } from './grid/gl-painter.ts';
import { camera, layout, place } from './state.ts';
import { firstPicture, painterKind } from './views/lane-pane.tsx';
import { pictures } from './views/lane-picture.ts';

export interface Twin {
  readonly zoom: number;
  readonly theme: string;
  /** Pixels in which the two ways of drawing differ. */
  readonly differing: number;
}

export interface Figures {
  readonly cells: number;
  /** From the page's beginning to its first picture. */
  readonly firstPictureMs: number;
  /** The state of the model as cells. */
  readonly paintMs: number;
  readonly framesPerSecond: number;
  readonly drawnBy: string;
}

export interface Probe {
  shown(): { readonly cells: readonly (readonly number[])[]; readonly place: string };
  twins(): readonly Twin[];
  /** How long things take here and now. */
  figures(): Promise<Figures>;
}

const [WIDTH, HEIGHT] = [240, 160];

export const probe: Probe = {
  figures: () => figures(),
  shown: () => ({ cells: pictures.value.map(({ cells }) => [...cells]), place: placeText(place.value) }),
  twins: () => {
    const on = layout.value;
    if (on === null) return [];
    return pictures.value.flatMap(({ cells }) =>
      [LIGHT, DARK].flatMap((theme) =>
        [-3, -2, 1, 2, 3, 4, 5, 8, 12, 13, 20, 32, 48].map((zoom): Twin => {
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [WIDTH, HEIGHT];
          const painter = webglOf(canvas);
          if (painter === null) throw new Error('there is no WebGL2 here');
          const camera = { zoom, x: zoom > 8 ? 7 : 0, y: 3 };
          painter.load(cells, on.width);
          painter.draw(camera, theme);
          const plain = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          if (plain === null) throw new Error('there is no canvas here');
          [plain.canvas.width, plain.canvas.height] = [WIDTH, HEIGHT];
          plain.drawImage(canvas, 0, 0);
          const drawn = new Uint32Array(plain.getImageData(0, 0, WIDTH, HEIGHT).data.buffer);
          const wanted = new Uint32Array(WIDTH * HEIGHT);
          paintPixels(wanted, WIDTH, HEIGHT, cells, on.width, camera, theme);
          canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext();
          return { zoom, theme: theme.name, differing: wanted.filter((pixel, i) => pixel !== drawn[i]).length };
        })
      )
    );
  },
};

const FRAMES = 60;

/** Pans and zooms for a while, a picture for each frame that the browser asks for. */
async function figures(): Promise<Figures> {
  const { value: on } = layout;
  if (on === null) throw new Error('nothing is shown');
  const [began, before] = [performance.now(), place.value];
  place.value = { ...before, event: (before.event ?? 1) + 1 };
  const cells = (pictures.value[0]?.cells.length ?? 0) / 2;
  const paintMs = performance.now() - began;
  place.value = before;
  const zooms = [1, 2, 4, 8, 12, 16];
  const start = performance.now();
  for (let i = 0; i < FRAMES; i++) {
    camera.value = { zoom: zooms[Math.floor(i / 10) % zooms.length], x: i * 13, y: i * 7 };
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  const framesPerSecond = FRAMES / ((performance.now() - start) / 1000);
  camera.value = null;
  return { cells, firstPictureMs: firstPicture.value, paintMs, framesPerSecond, drawnBy: painterKind.value };
}

declare global {
  // A property of the window can be declared in no other way.
  var cowlab: Probe | undefined;
}
