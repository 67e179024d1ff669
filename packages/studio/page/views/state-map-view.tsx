/** Every order at once: how far two actors have come, and what can still become of the states there. */
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { parseSchedule, type StateGraph } from '@cowlab/checker';
import { lostAt, type MapCell, stateMap, wayOnMap } from '../../src/model/state-map.ts';
import { at, graph, trail, wantGraph } from '../race-state.ts';

const SAID = { holds: 'it holds, whatever follows', open: 'it can still go either way',
  broken: 'lost: it breaks, whatever follows' } as const;
const SIDE_MAX = 16;
const WIDTH = 560;

export function StateMapView() {
  useSignalEffect(() => void wantGraph());
  const { value: drawn } = graph;
  if (drawn === 'asked') return <p class='quiet'>All states are looked for ...</p>;
  return (
    <section class='every' aria-label='every order at once'>
      <h2>Every order at once</h2>
      {drawn === null ? <p class='quiet'>There are more states than can be drawn.</p> : <Plane of={drawn} />}
    </section>
  );
}

function Plane({ of }: { readonly of: StateGraph }) {
  const [across, down] = [useSignal(0), useSignal(Math.min(1, of.actors.length - 1))];
  const pointed = useSignal<MapCell | null>(null);
  const map = useComputed(() => stateMap(of, across.value, down.value));
  const way = useComputed(() =>
    trail.value === null
      ? []
      : wayOnMap(of, parseSchedule(trail.value.schedule, of.actors.length), across.value, down.value)
  );
  const { width, height, cells, counts } = map.value;
  const side = Math.max(4, Math.min(SIDE_MAX, Math.floor(WIDTH / width)));
  const lost = lostAt(way.value);
  const middle = (place: { readonly x: number; readonly y: number }): string =>
    `${place.x * side + side / 2},${place.y * side + side / 2}`;
  const here = way.value[Math.min(at.value, way.value.length - 1)];
  const [one, other] = [of.actors[across.value], of.actors[down.value]];
  const sum =
    `${of.states} states: ${counts.holds} hold whatever follows, ${counts.open} can still break, ${counts.broken} are lost`;
  return (
    <>
      {of.actors.length > 2 && (
        <div class='buttons'>
          {([['across', across], ['down', down]] as const).map(([name, chosen]) => (
            <label key={name}>
              {name}{' '}
              <select value={String(chosen.value)} onChange={({ currentTarget }) => {
                chosen.value = Number(currentTarget.value);
              }}>
                {of.actors.map((actor, a) => <option key={a} value={String(a)}>{actor.name}</option>)}
              </select>
            </label>
          ))}
        </div>
      )}
      <p class='quiet'>
        {one.name} comes on to the right, {other.name} downwards; every order is a way to the lower right corner. {sum}.
      </p>
      <div class='wide'>
        <svg width={width * side} height={height * side} role='img' aria-label={sum} onPointerLeave={() => {
          pointed.value = null;
        }}>
          {cells.map((cell) => (
            <g key={`${cell.x} ${cell.y}`} class={`fate ${cell.fate}`} onPointerEnter={() => {
              pointed.value = cell;
            }}>
              <rect x={cell.x * side + 1} y={cell.y * side + 1} width={side - 2} height={side - 2} />
              {cell.lost > 0 && <LostPart cell={cell} side={side} />}
            </g>
          ))}
          <polyline class='way' points={way.value.map(middle).join(' ')} />
          {here !== undefined && (
            <circle class='here' cx={here.x * side + side / 2} cy={here.y * side + side / 2}
              r={Math.max(2, side / 4)} />
          )}
        </svg>
      </div>
      <p class='told' aria-live='polite'>
        {pointed.value === null ? '' : told(pointed.value, of, across.value, down.value)}
      </p>
      <ul class='fates'>
        {(['holds', 'open', 'broken'] as const).map((fate) => (
          <li key={fate}>
            <i class={`fate ${fate}`} /> {SAID[fate]}
          </li>
        ))}
      </ul>
      {lost > 0 && (
        <p>
          This order is lost from step{' '}
          <button type='button' class='link' onClick={() => {
            at.value = lost;
          }}>
            {lost}
          </button>{' '}
          on.
        </p>
      )}
    </>
  );
}

/** As much of the cell as states there are lost; of a wholly lost one, all of it. */
function LostPart({ cell, side }: { readonly cell: MapCell; readonly side: number }) {
  const size = Math.max(3, Math.sqrt(cell.lost / cell.states) * (side - 2));
  const inset = (side - size) / 2;
  return <rect class='lost' x={cell.x * side + inset} y={cell.y * side + inset} width={size} height={size} />;
}

function told({ x, y, states, lost, fate }: MapCell, { actors }: StateGraph, across: number, down: number): string {
  const next = (a: number, depth: number): string =>
    depth < actors[a].steps.length
      ? `${actors[a].name} comes to "${actors[a].steps[depth]}"`
      : `${actors[a].name} is through`;
  const counted = states === 1 ? 'one state' : `${states} states`;
  const said = lost > 0 && fate !== 'broken' ? `${lost} of them lost` : SAID[fate];
  return `${next(across, x)}, ${next(down, y)}: ${counted}, ${said}`;
}
