/** For tests in a browser: what is on the screen, as data. It shows what the page shows and changes nothing. */
import { placeText } from '../src/model/place.ts';
import { paintPixels } from './grid/canvas-painter.ts';
import { DARK, LIGHT } from './grid/colours.ts';
import { webglOf } from './grid/gl-painter.ts';
import { layout, place } from './state.ts';
import { pictures } from './views/lane-picture.ts';

export interface Twin {
  readonly zoom: number;
  readonly theme: string;
  /** Pixels in which the two ways of drawing differ. */
  readonly differing: number;
}

export interface Probe {
  shown(): { readonly cells: readonly (readonly number[])[]; readonly place: string };
  twins(): readonly Twin[];
}

const [WIDTH, HEIGHT] = [240, 160];

export const probe: Probe = {
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

declare global {
  // eslint-disable-next-line no-var -- a property of the window can be declared in no other way
  var cowlab: Probe | undefined;
}
