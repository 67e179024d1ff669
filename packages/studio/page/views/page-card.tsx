/** The page that is pointed at or was chosen: what it is, and all that ever happened to it. */
import type { Finding } from '@cowlab/runtime';
import { cellWords, frameIn } from '../../src/model/cell-words.ts';
import { holdersOf } from '../../src/model/cells.ts';
import type { LaneRun } from '../../src/model/lane-run.ts';
import { cellOf, DEVICES } from '../../src/model/layout.ts';
import type { StoryLine } from '../../src/model/page-story.ts';
import { eventsBehind, foundUntil } from '../../src/model/place.ts';
import { goEvent, lanes, layout, place, story, toldPage } from '../state.ts';
import { pictures } from './lane-picture.ts';
import { columnName, hex, pageName } from './names.ts';

export function PageCard() {
  const page = toldPage.value;
  const lane = page === null ? undefined : lanes.value[page.lane];
  if (page === null || lane === undefined || layout.value === null) {
    return (
      <section class='card' aria-label='page'>
        <h2>Page</h2>
        <p class='quiet'>Point at a cell, press on it to keep it, or go to the grid and use the arrow keys.</p>
      </section>
    );
  }
  const cell = cellOf(layout.value, page);
  const cells = pictures.value[page.lane]?.cells;
  const behind = eventsBehind(lane, place.value);
  return (
    <section class='card' aria-label='page'>
      <h2>Page</h2>
      <p class='what'>
        <b>{columnName(lane, page.mm)}</b>, {pageName(page.vpn)} <span class='quiet'>{hex(page.vpn)}, {lane.name}</span>
      </p>
      {cell >= 0 && cells !== undefined
        && <p>{cellWords(cells[cell * 2], cells[cell * 2 + 1], page.mm === DEVICES)}</p>}
      {cell >= 0 && cells !== undefined
        && <Holders lane={lane} frame={frameIn(cells[cell * 2], cells[cell * 2 + 1])} behind={behind} />}
      {page.mm === DEVICES
        ? <p class='quiet'>Choose the page of its owner for what happened to it.</p>
        : <Story lines={story.value} behind={behind} lane={page.lane} />}
    </section>
  );
}

const LINES_MAX = 80;

function Story(
  { lines, behind, lane }: { readonly lines: readonly StoryLine[]; readonly behind: number; readonly lane: number },
) {
  if (lines.length === 0) return <p class='quiet'>Nothing ever happened to it.</p>;
  return (
    <ol class='story'>
      {lines.slice(0, LINES_MAX).map((line) => (
        <li key={`${line.event} ${line.words}`} class={line.event > behind ? 'ahead' : ''}>
          <button type='button' aria-current={line.event === behind ? 'step' : undefined} onClick={() =>
            goEvent(lane, line.event)}
          >
            <span class='nr'>{line.step}</span>{' '}
            <span>
              {line.words}
              {line.decisions.map(({ policy, hook, verdict }) => (
                <span key={`${policy}${hook}${verdict}`} class='by'>{policy}: {hook} says {verdict}</span>
              ))}
            </span>
          </button>
        </li>
      ))}
      {lines.length > LINES_MAX && <li class='quiet'>and {lines.length - LINES_MAX} more</li>}
    </ol>
  );
}

const HOLDERS_MAX = 4;

/** Whose pins hold the frame that is there now. */
function Holders(
  { lane, frame, behind }: { readonly lane: LaneRun; readonly frame: number | null; readonly behind: number },
) {
  const holders = frame === null || frame === 0 ? [] : holdersOf(lane.machine.worldAfter(behind), frame);
  if (holders.length === 0) return null;
  const named = holders.slice(0, HOLDERS_MAX).map(({ pin, device }) =>
    `pin ${pin} of ${device === 0 ? 'a pipe' : `device ${device}`}`
  );
  const more = holders.length > HOLDERS_MAX ? ` and ${holders.length - HOLDERS_MAX} more` : '';
  return <p>Held by {named.join(', ')}{more}.</p>;
}

/** By hazard, in the order in which they came. */
const grouped = (all: readonly Finding[]): Finding[][] =>
  [...new Set(all.map(({ hazard }) => hazard))].map((id) => all.filter(({ hazard }) => hazard === id));

/** What was found until here, lane by lane. */
export function Found() {
  const found = lanes.value.map((lane) => ({ lane, all: foundUntil(lane, place.value) }));
  if (lanes.value.every(({ findings }) => findings.length === 0)) return null;
  return (
    <section class='card' aria-label='hazards'>
      <h2>Hazards until here</h2>
      {found.every(({ all }) => all.length === 0) && <p class='quiet'>None yet.</p>}
      <ul>
        {found.flatMap(({ lane, all }) =>
          grouped(all).map(([first, ...more]) => (
            <li key={`${lane.name} ${first.hazard}`}>
              <span class='hazard'>{first.hazard}</span> <b>{lane.name}</b> {first.text}
              {more.length > 0 && <span class='quiet'>{`, and ${more.length} more like it`}</span>}
            </li>
          ))
        )}
      </ul>
    </section>
  );
}
