/** The grid as a table: the same cells, runs of pages that are alike, for reading and for screen readers. */
import { cellRuns } from '../../src/model/cell-words.ts';
import type { LaneRun } from '../../src/model/lane-run.ts';
import { chosen, lanes, layout } from '../state.ts';
import { pictures } from './lane-picture.ts';
import { columnName, hex, pageName } from './names.ts';

const ROWS_MAX = 400;

export function TableTwin() {
  return <>{lanes.value.map((lane, at) => <LaneTable key={lane.name} lane={lane} at={at} />)}</>;
}

function LaneTable({ lane, at }: { readonly lane: LaneRun; readonly at: number }) {
  const [picture, on] = [pictures.value[at], layout.value];
  if (picture === undefined || on === null) return null;
  const { runs, more } = cellRuns(picture.cells, on, ROWS_MAX);
  return (
    <section class='lane wide' aria-label={`lane ${lane.name}`}>
      <table>
        <caption>{lane.name}</caption>
        <thead>
          <tr>
            <th scope='col'>whose</th>
            <th scope='col'>pages</th>
            <th scope='col'>count</th>
            <th scope='col'>what is there</th>
          </tr>
        </thead>
        <tbody>
          {runs.map(({ mm, vpn, nr, words }) => (
            <tr key={`${mm} ${vpn}`}>
              <th scope='row'>{columnName(lane, mm)}</th>
              <td>
                <button type='button' class='link' onClick={() => {
                  chosen.value = { lane: at, mm, vpn };
                }}>
                  {pageName(vpn)}
                </button>{' '}
                <span class='quiet'>{hex(vpn)}</span>
              </td>
              <td class='number'>{nr}</td>
              <td>{words}</td>
            </tr>
          ))}
          {runs.length === 0 && (
            <tr>
              <td colSpan={4} class='quiet'>Nobody has any memory yet.</td>
            </tr>
          )}
        </tbody>
      </table>
      {more && <p class='quiet'>The first {ROWS_MAX} rows; choose a later or smaller place for the rest.</p>}
    </section>
  );
}
