/**
 * All states of a race on a plane: how far one actor has come across, how far another down. Every order of their steps is
 * a way from the top left to the bottom right, and a cell is what the states there have in common.
 */
import { FATE, type ScheduleStep, type StateGraph, wayThrough } from '@cowlab/checker';

export interface MapCell {
  readonly x: number;
  readonly y: number;
  readonly states: number;
  /** Of these, how many nobody can mend any more. */
  readonly lost: number;
  /** Of all of them; `open` also where they differ. */
  readonly fate: keyof typeof FATE;
}

export interface StateMap {
  readonly width: number;
  readonly height: number;
  /** Row by row; where no state is, no cell. */
  readonly cells: readonly MapCell[];
  /** How many states have which fate. */
  readonly counts: Readonly<Record<keyof typeof FATE, number>>;
}

const NAMES = ['holds', 'open', 'broken'] as const;

/** `across` and `down`: numbers of two actors. */
export function stateMap({ states, actors, depths, fates }: StateGraph, across: number, down: number): StateMap {
  const cells = new Map<number, { states: number; lost: number; fate: number }>();
  const counts = { holds: 0, open: 0, broken: 0 };
  let [width, height] = [0, 0];
  for (let state = 0; state < states; state++) {
    const [x, y] = [depths[state * actors.length + across], depths[state * actors.length + down]];
    width = Math.max(width, x + 1);
    height = Math.max(height, y + 1);
    counts[NAMES[fates[state]]]++;
    const lost = fates[state] === FATE.broken ? 1 : 0;
    const cell = cells.get(y * ROW + x);
    if (cell === undefined) cells.set(y * ROW + x, { states: 1, lost, fate: fates[state] });
    else {
      cell.states++;
      cell.lost += lost;
      if (cell.fate !== fates[state]) cell.fate = FATE.open;
    }
  }
  return { width, height, counts,
    cells: [...cells].sort(([a], [b]) => a - b).map(([at, cell]) => ({ x: at % ROW, y: Math.floor(at / ROW),
      states: cell.states, lost: cell.lost, fate: NAMES[cell.fate] })
    ) };
}
const ROW = 1 << 16;

/** Where a schedule leads on it, move by move; the first place is the beginning. */
export function wayOnMap(
  graph: StateGraph,
  schedule: readonly ScheduleStep[],
  across: number,
  down: number,
): readonly { readonly x: number; readonly y: number; readonly fate: keyof typeof FATE }[] {
  const { actors, depths, fates } = graph;
  return wayThrough(graph, schedule).map((state) => ({ x: depths[state * actors.length + across],
    y: depths[state * actors.length + down], fate: NAMES[fates[state]] })
  );
}

/** The move after which nobody can mend it any more; -1 where there is none. */
export const lostAt = (way: readonly { readonly fate: keyof typeof FATE }[]): number =>
  way.findIndex(({ fate }) => fate === 'broken');
