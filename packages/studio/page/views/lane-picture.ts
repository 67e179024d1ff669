/** A lane as cells at the place that is shown, kept for whoever draws, reads or counts them. */
import { computed, type ReadonlySignal } from '@preact/signals';
import { CellPainter, type Cells } from '../../src/model/cells.ts';
import { eventsBehind } from '../../src/model/place.ts';
import { DIFFERS } from '../grid/shade.ts';
import { lanes, layout, place } from '../state.ts';

export interface Picture {
  readonly cells: Cells;
  /** Cells that show something else than those of the first lane. */
  readonly differing: number;
}

const painters = computed(() => {
  const { value: on } = layout;
  return on === null ? [] : lanes.value.map(() => new CellPainter(on));
});

/** All lanes at once, for they are compared; a new array at each place. */
export const pictures: ReadonlySignal<readonly Picture[]> = computed(() => {
  const all = lanes.value.map((lane, i) =>
    painters.value[i].paint(lane.machine.worldAfter(eventsBehind(lane, place.value)))
  );
  return all.map((cells, i) => ({ cells, differing: i === 0 ? 0 : marked(cells, all[0]) }));
});

/** Frames are numbers of their own in each lane: what is compared is what is to be seen of the pages. */
function marked(cells: Cells, first: Cells): number {
  let differing = 0;
  for (let at = 1; at < cells.length; at += 2) {
    if (cells[at] === first[at]) continue;
    cells[at - 1] = (cells[at - 1] | DIFFERS) >>> 0;
    differing++;
  }
  return differing;
}
