/** One lane: its name, its hazards, its pages. */
import { signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { cellWords } from '../../src/model/cell-words.ts';
import type { LaneRun } from '../../src/model/lane-run.ts';
import { cellOf, DEVICES, type Layout, pageAt } from '../../src/model/layout.ts';
import { foundUntil } from '../../src/model/place.ts';
import { CanvasPainter } from '../grid/canvas-painter.ts';
import { type Camera, cellUnder, fitting, held, pixels, placeOf, showing, zoomed } from '../grid/camera.ts';
import { webglOf } from '../grid/gl-painter.ts';
import type { GridPainter } from '../grid/grid-painter.ts';
import { drawOverlay } from '../grid/overlay.ts';
import { camera, chosen, type ChosenPage, layout, place, pointed, theme } from '../state.ts';
import { pictures } from './lane-picture.ts';
import { bandName, columnName, pageName } from './names.ts';

/** Most of a screen; what is higher is panned. */
const HEIGHT_MAX = 560;

const ratio = (): number => Math.min(2, Math.ceil(globalThis.devicePixelRatio || 1));

export function LanePane({ lane, at }: { readonly lane: LaneRun; readonly at: number }) {
  const found = foundUntil(lane, place.value);
  const ids = [...new Set(found.map(({ hazard }) => hazard))].sort();
  const differing = pictures.value[at]?.differing ?? 0;
  return (
    <section class='lane' aria-label={`lane ${lane.name}`}>
      <header>
        <h3>{lane.name}</h3>
        {ids.map((id) => (
          <span key={id} class='hazard' title={found.find(({ hazard }) => hazard === id)?.text}>{id}</span>
        ))}
        {at > 0 && <span class='quiet'>{differing === 0 ? 'same pages as the first lane' : `${differing} differ`}
        </span>}
      </header>
      {layout.value !== null && <Grid lane={lane} at={at} on={layout.value} />}
    </section>
  );
}

function Grid({ lane, at, on }: { readonly lane: LaneRun; readonly at: number; readonly on: Layout }) {
  const room = useSignal({ width: 0, height: 0 });
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const painter = useRef<GridPainter | null>(null);
  const seen = useComputed<Camera>(() => held(camera.value ?? fitting(on, room.value), on, room.value));
  useEffect(() =>
    measured(box.current, (width) => {
      const fit = fitting(on, { width, height: HEIGHT_MAX * ratio() });
      const height = Math.min(HEIGHT_MAX * ratio(), Math.max(24 * ratio(), pixels(fit.zoom, on.height)));
      room.value = { width, height };
    }), [on]);
  useSignalEffect(() => {
    const [{ width, height }, picture] = [room.value, pictures.value[at]];
    if (canvas.current === null || over.current === null || width === 0 || picture === undefined) return;
    for (const each of [canvas.current, over.current]) {
      if (each.width !== width) each.width = width;
      if (each.height !== height) each.height = height;
      each.style.height = `${height / ratio()}px`;
    }
    const fresh = painter.current === null;
    painter.current ??= painterOf(canvas.current);
    if (fresh || drawn.get(canvas.current) !== picture) painter.current.load(picture.cells, on.width);
    drawn.set(canvas.current, picture);
    painter.current.draw(seen.value, theme.value);
    if (firstPicture.peek() === 0) {
      firstPicture.value = performance.now();
      painterKind.value = painter.current.kind;
    }
    const pick = chosen.value;
    drawOverlay(over.current, { cells: picture.cells, layout: on, camera: seen.value, theme: theme.value,
      ratio: ratio(), chosen: pick === null ? -1 : cellOf(on, pick) });
  });
  const pageUnder = (px: number, py: number): ChosenPage | null => {
    const cell = cellUnder(seen.value, px * ratio(), py * ratio());
    const page = pageAt(on, cell.x, cell.y);
    return page === null ? null : { lane: at, ...page };
  };
  const pick = (px: number, py: number): void => {
    chosen.value = pageUnder(px, py);
  };
  const mine = chosen.value?.lane === at ? chosen.value : null;
  return (
    <div class='grid'>
      <Headings lane={lane} on={on} seen={seen.value} width={room.value.width} />
      <Gutter on={on} seen={seen.value} height={room.value.height} />
      <div
        ref={box}
        class='pages'
        tabIndex={0}
        role='application'
        aria-label={`Pages under ${lane.name}. Arrow keys go from page to page, plus and minus zoom.`}
        onPointerDown={(event) => dragging(event, seen.value, pick)}
        onPointerMove={(event) => {
          if (event.pointerType === 'mouse')
            pointAt(
              event.buttons === 0 ? pageUnder(event.offsetX, event.offsetY) : null,
            );
        }}
        onPointerLeave={() => pointAt(null)}
        onWheel={(event) => {
          if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
          event.preventDefault();
          camera.value = held(
            zoomed(seen.value, event.deltaY < 0 ? 1 : -1, event.offsetX * ratio(), event.offsetY * ratio()),
            on,
            room.value,
          );
        }}
        onKeyDown={(event) => onGridKey(event, { on, at, seen: seen.value, room: room.value })}
      >
        <canvas ref={canvas} />
        <canvas ref={over} class='over' />
      </div>
      <p class='told' aria-live='polite'>
        {mine === null ? '' : `${columnName(lane, mine.mm)}, ${pageName(mine.vpn)}: ${chosenWords(at, on)}`}
      </p>
    </div>
  );
}

/** A mouse on its way over the grid means none of the pages that it crosses. */
const REST_MS = 80;
let resting: ReturnType<typeof setTimeout> | undefined;

function pointAt(page: ChosenPage | null): void {
  clearTimeout(resting);
  const { value: told } = pointed;
  if (told?.lane === page?.lane && told?.mm === page?.mm && told?.vpn === page?.vpn) return;
  resting = setTimeout(() => {
    pointed.value = page;
  }, REST_MS);
}

/** Milliseconds from the page's beginning, and what drew it. */
export const firstPicture = signal(0);
export const painterKind = signal('');
const drawn = new WeakMap<HTMLCanvasElement, object>();

function chosenWords(at: number, on: Layout): string {
  const { value: page } = chosen;
  const cell = page === null ? -1 : cellOf(on, page);
  const cells = pictures.value[at]?.cells;
  if (cell < 0 || cells === undefined || page === null) return '';
  return cellWords(cells[cell * 2], cells[cell * 2 + 1], page.mm === DEVICES);
}

function Headings(
  { lane, on, seen, width }: { readonly lane: LaneRun; readonly on: Layout; readonly seen: Camera;
    readonly width: number },
) {
  const across = pixels(seen.zoom, on.pagesPerRow) / ratio();
  return (
    <div class='headings' aria-hidden='true'>
      {on.columns.map(({ mm, x }) => {
        const left = placeOf(seen, x, 0).x / ratio();
        const name = columnName(lane, mm);
        const short = name.replace('process ', 'P').replace('devices', 'dev');
        return left + across < 0 || left > width / ratio()
          ? null
          : (
            <span key={mm} title={`${name}${mm < 0 ? '' : `, mm ${mm}`}`}
              style={{ left: `${Math.max(0, left)}px`, width: `${across}px` }}
            >
              {across < 76 ? short : name}
            </span>
          );
      })}
    </div>
  );
}

/** Names of the bands that are seen, where there is room for a line. */
function Gutter({ on, seen, height }: { readonly on: Layout; readonly seen: Camera; readonly height: number }) {
  let free = -1;
  return (
    <div class='gutter' aria-hidden='true'>
      {on.bands.map((band) => {
        const top = Math.max(0, placeOf(seen, 0, band.row).y / ratio());
        const end = placeOf(seen, 0, band.row + band.rows).y / ratio();
        if (end < 8 || top > height / ratio() - 8 || top < free) return null;
        free = top + 14;
        return <span key={band.start} style={{ top: `${top}px` }} title={`${band.nr} pages`}>{bandName(band)}</span>;
      })}
    </div>
  );
}

function painterOf(canvas: HTMLCanvasElement): GridPainter {
  const gl = new URLSearchParams(location.search).get('grid') === 'canvas' ? null : webglOf(canvas);
  if (gl !== null) return gl;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser draws nothing');
  return new CanvasPainter(context);
}

function measured(box: HTMLElement | null, to: (width: number) => void): (() => void) | undefined {
  if (box === null) return undefined;
  const watch = new ResizeObserver(() => to(Math.floor(box.clientWidth * ratio())));
  watch.observe(box);
  return () => watch.disconnect();
}

/** A press chooses a page; a drag pans. */
function dragging(start: PointerEvent, from: Camera, pick: (px: number, py: number) => void): void {
  const box = start.currentTarget as HTMLElement;
  const [x, y] = [start.clientX, start.clientY];
  let far = false;
  const move = (event: PointerEvent): void => {
    const [dx, dy] = [event.clientX - x, event.clientY - y];
    far ||= Math.abs(dx) + Math.abs(dy) > 5;
    if (far) camera.value = { ...from, x: from.x - dx * ratio(), y: from.y - dy * ratio() };
  };
  const end = (event: PointerEvent): void => {
    box.removeEventListener('pointermove', move);
    box.removeEventListener('pointerup', end);
    box.removeEventListener('pointercancel', end);
    const { left, top } = box.getBoundingClientRect();
    if (!far) pick(event.clientX - left, event.clientY - top);
  };
  box.setPointerCapture(start.pointerId);
  box.addEventListener('pointermove', move);
  box.addEventListener('pointerup', end);
  box.addEventListener('pointercancel', end);
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowRight: [1, 0], ArrowLeft: [-1, 0],
  ArrowDown: [0, 1], ArrowUp: [0, -1] };

function onGridKey(
  event: KeyboardEvent,
  { on, at, seen, room }: { readonly on: Layout; readonly at: number; readonly seen: Camera;
    readonly room: { readonly width: number; readonly height: number } },
): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey && event.key.startsWith('Arrow')) return;
  const arrow = ARROWS[event.key];
  if (arrow !== undefined) {
    const cell = chosen.value === null ? -1 : cellOf(on, chosen.value);
    const next = cell < 0 ? pageAt(on, 0, 0) : beside(on, cell, arrow);
    if (next !== null) {
      chosen.value = { lane: at, ...next };
      const to = cellOf(on, next);
      camera.value = held(showing(seen, to % on.width, Math.floor(to / on.width), room), on, room);
    }
  } else if (event.key === '+' || event.key === '-')
    camera.value = held(zoomed(seen, event.key === '+' ? 1 : -1, room.width / 2, room.height / 2), on, room);
  else if (event.key === '0') camera.value = null;
  else return;
  event.preventDefault();
}

/** The page next to a cell in a direction, over the gaps between columns and bands. */
function beside(on: Layout, cell: number, [dx, dy]: readonly [number, number]): ReturnType<typeof pageAt> {
  let [x, y] = [cell % on.width + dx, Math.floor(cell / on.width) + dy];
  for (; x >= 0 && x < on.width && y >= 0 && y < on.height; x += dx, y += dy) {
    const page = pageAt(on, x, y);
    if (page !== null) return page;
  }
  return null;
}
