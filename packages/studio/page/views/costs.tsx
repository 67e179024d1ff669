/** What each lane has cost until here, in counts. */
import { type CostCounters, costsOf } from '@cowlab/runtime';
import type { LaneRun } from '../../src/model/lane-run.ts';
import { eventsBehind, type Place } from '../../src/model/place.ts';
import { lanes, place } from '../state.ts';

/** Counting a longer log at every step would be felt. */
const COUNTED_MAX = 20_000;

const ROWS: readonly (readonly [string, (costs: CostCounters) => number])[] = [
  ['entries that fork() visited', (c) => c.ptesVisited],
  ['pages shared', (c) => c.pagesShared],
  ['copied at fork()', (c) => c.pagesCopiedAtFork],
  ['copied on write', (c) => c.pagesCopiedOnWrite],
  ['kept on write', (c) => c.pagesReused],
  ['huge pages copied', (c) => c.hugePagesCopied],
  ['page tables', (c) => c.pageTablesAllocated],
  ['bytes copied', (c) => c.bytesCopied],
];

function costsAt(
  { machine, geometryOf = machine.geometry, costs }: LaneRun & { readonly geometryOf?: LaneRun['machine']['geometry'] },
  behind: number,
): CostCounters {
  return machine.log.length > COUNTED_MAX
    ? costs
    : costsOf(machine.log.slice(0, machine.commandAt(behind)), geometryOf);
}

export function Costs() {
  const at: Place = place.value;
  const all = lanes.value.map((lane) => costsAt(lane, eventsBehind(lane, at)));
  const rows = ROWS.filter(([, of]) => lanes.value.some(({ costs }) => of(costs) > 0));
  if (rows.length === 0) return null;
  const whole = lanes.value.some(({ machine }) => machine.log.length > COUNTED_MAX);
  return (
    <section class='card' aria-label='costs'>
      <h2>Costs {whole ? 'of the whole log' : 'until here'}</h2>
      <div class='wide'>
        <table>
          <thead>
            <tr>
              <th scope='col'>counted</th>
              {lanes.value.map(({ name }) => <th key={name} scope='col'>{name}</th>)}
            </tr>
          </thead>
          <tbody>
            {rows.map(([what, of]) => (
              <tr key={what}>
                <th scope='row'>{what}</th>
                {all.map((costs, i) => <td key={i} class={of(costs) !== of(all[0]) ? 'other' : ''}>{of(costs)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
