/** What colours and marks mean, drawn by what draws the grid. */
import { useEffect, useRef } from 'preact/hooks';
import { CELL } from '../../src/model/cells.ts';
import { paintPixels } from '../grid/canvas-painter.ts';
import type { Theme } from '../grid/colours.ts';
import { theme } from '../state.ts';

const SIZE = 20;
const P = CELL.PRESENT;

const SAMPLES: readonly (readonly [string, number, number])[] = [
  ['a frame: the same colour, pattern and number wherever it is mapped', 9, P | CELL.WRITABLE],
  ['write-protected: the next store faults', 1, P | CELL.WRPROTECT],
  ['exclusive (PG_anon_exclusive)', 3, P | CELL.WRITABLE | CELL.EXCLUSIVE],
  ['pinned by a device', 2, P | CELL.WRITABLE | CELL.PINNED],
  ['held by a pipe', 5, P | CELL.PINNED | CELL.PIPE],
  ['dirty', 6, P | CELL.WRITABLE | CELL.DIRTY],
  ['device and owner apart', 4, P | CELL.WRITABLE | CELL.APART],
  ['the zero page', 1, P | CELL.ZERO],
  ['swapped out', 1, CELL.SWAPPED],
  ['mapped, nothing there yet', 0, CELL.EMPTY],
  ['a hole: not mapped here', 0, CELL.HOLE],
];

export function Legend() {
  return (
    <details class='card legend'>
      <summary>
        <h2>Legend</h2>
      </summary>
      <ul>
        {SAMPLES.map(([what, word, flags]) => (
          <li key={what}>
            <Sample word={word} flags={flags} on={theme.value} /> {what}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Sample({ word, flags, on }: { readonly word: number; readonly flags: number; readonly on: Theme }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context === null || context === undefined) return;
    const image = context.createImageData(SIZE, SIZE);
    paintPixels(new Uint32Array(image.data.buffer), SIZE, SIZE, Uint32Array.of(word, flags), 1, { zoom: SIZE, x: 0,
      y: 0 }, on);
    context.putImageData(image, 0, 0);
  }, [on]);
  return <canvas ref={canvas} width={SIZE} height={SIZE} aria-hidden='true' />;
}
