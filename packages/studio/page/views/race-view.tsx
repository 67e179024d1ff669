/** A race: a swim lane for each actor, its store buffer, the words beside, and every order asked again. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Trail, type TrailStep, type WordAccess } from '@cowlab/checker';
import { buffered, reach, wordsAfter } from '../../src/model/race-trail.ts';
import { answer, ask, at, busy, lane, memory, move, openRace, race, type RaceDocument, said,
  trail } from '../race-state.ts';
import { StateMapView } from './state-map-view.tsx';

export function RaceView({ document }: { readonly document: RaceDocument }) {
  useEffect(() => void openRace(document), [document]);
  const { value: opened } = race;
  return (
    <div class='race'>
      <section class='asked' aria-label='question'>
        <h2>Race</h2>
        <p class='question'>{opened?.question ?? document.name}</p>
        <div class='buttons'>
          <label>
            kernel{' '}
            <select value={lane.value} onChange={({ currentTarget }) => {
              lane.value = currentTarget.value;
              void ask();
            }}>
              {(opened?.lanes ?? []).map((name) => <option key={name} value={name}>{name}</option>)}
            </select>
          </label>
          <label>
            memory{' '}
            <select value={memory.value} onChange={({ currentTarget }) => {
              memory.value = currentTarget.value === 'tso' ? 'tso' : 'sc';
              void ask();
            }}>
              <option value='sc'>sc</option>
              <option value='tso'>tso</option>
            </select>
          </label>
          <button type='button' class='first' disabled={busy.value} onClick={() => void ask()}>ask every order</button>
        </div>
        <p aria-live='polite' class='answer'>{said.value !== '' ? said.value : <Answer />}</p>
        {(opened?.notes ?? []).map((note) => <p key={note} class='quiet'>{note}</p>)}
      </section>
      {trail.value !== null && <TrailView of={trail.value} />}
      {(trail.value !== null || answer.value !== null) && <StateMapView />}
    </div>
  );
}

function Answer() {
  const { value: found } = answer;
  const { value: shown } = trail;
  if (shown !== null && found?.trail !== shown)
    return (
      <>
        <b class={shown.broken.length > 0 ? 'hazard' : 'fine'}>
          {shown.broken.length > 0 ? 'still broken' : 'not broken'}
        </b>{' '}
        in this order: {shown.end.join('; ') || 'it ends well'}
      </>
    );
  if (found === null) return null;
  const looked = `${found.states} states, ${found.transitions} moves, ${
    found.exhaustive ? 'all of them' : 'until it was found'
  }`;
  return (
    <>
      <b class={found.verdict === 'broken' ? 'hazard' : 'fine'}>{found.verdict}</b>{' '}
      {found.trail?.end.join('; ') ?? 'in every order'} <span class='quiet'>{looked}</span>
    </>
  );
}

function TrailView({ of }: { readonly of: Trail }) {
  const dragged = useSignal<number | null>(null);
  const columns = { gridTemplateColumns: `32px repeat(${of.actors.length}, minmax(0, 1fr))` };
  const onKeyDown = (event: KeyboardEvent, step: number): void => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    void move(step, step + (event.key === 'ArrowUp' ? -1 : 1));
  };
  return (
    <>
      <section class='swim' aria-label='order of the steps'>
        <div class='lanes-head' style={columns}>
          <span />
          {of.actors.map(({ name, what }) => (
            <b key={name}>
              {name} <span class='quiet'>{what}</span>
            </b>
          ))}
        </div>
        <ol>
          {of.steps.map((step, i) => {
            const { from, to } = reach(of.steps, i);
            const target = dragged.value !== null && i >= reach(of.steps, dragged.value).from
              && i <= reach(of.steps, dragged.value).to;
            return (
              <li key={i} style={columns} class={`${i >= at.value ? 'ahead' : ''} ${target ? 'target' : ''}`}
                onDragOver={(event) => {
                  if (target) event.preventDefault();
                }} onDrop={(event) => {
                event.preventDefault();
                if (dragged.value !== null) void move(dragged.value, i);
                dragged.value = null;
              }}>
                <span class='nr'>{i + 1}</span>
                <button type='button' draggable={from < to} style={{ gridColumn: step.actor + 2 }}
                  class={step.critical ? 'move critical' : 'move'}
                  aria-current={i + 1 === at.value ? 'step' : undefined}
                  title={from < to ? 'drag it, or Alt with the up and down arrows' : undefined} onClick={() => {
                  at.value = i + 1;
                }} onKeyDown={(event) => onKeyDown(event, i)} onDragStart={(event) => {
                  dragged.value = i;
                  event.dataTransfer?.setData('text/plain', String(i));
                }} onDragEnd={() => {
                  dragged.value = null;
                }}>
                  <StepText step={step} />
                </button>
              </li>
            );
          })}
        </ol>
        <p class='quiet'>
          Bold: its order matters. Drag a step, or press Alt with the arrows on it, between its actor's own steps; the
          order is then asked again.
        </p>
        <p>
          <code>{of.command}</code>
        </p>
      </section>
      <aside class='words' aria-label='words of memory'>
        <h2>Memory after step {at.value}</h2>
        <input type='range' min={0} max={of.steps.length} value={at.value} aria-label='step of the trail'
          onInput={({ currentTarget }) => {
            at.value = Number(currentTarget.value);
          }} />
        <table>
          <tbody>
            {wordsAfter(of, at.value).map(({ word, value, fresh }) => (
              <tr key={word} class={fresh ? 'fresh' : ''}>
                <th scope='row'>
                  <code>{word}</code>
                </th>
                <td class='number'>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {of.memory === 'tso' && of.actors.map(({ name }, actor) => (
          <div key={name}>
            <h2>Store buffer of {name}</h2>
            <ol class='buffer'>
              {buffered(of, actor, at.value).map(({ write }, i) => (
                <li key={i}>
                  <code>{write.word} := {write.value}</code>
                </li>
              ))}
            </ol>
            {buffered(of, actor, at.value).length === 0 && <p class='quiet'>empty</p>}
          </div>
        ))}
        {of.end.length > 0 && (
          <>
            <h2>At the end</h2>
            {of.end.map((line) => <p key={line}>{line}</p>)}
          </>
        )}
      </aside>
    </>
  );
}

const readText = ({ word, value }: WordAccess): string => `${word} = ${value}`;
const writeText = ({ word, value, old }: WordAccess): string =>
  old === undefined ? `${word} := ${value}` : `${word}: ${old} → ${value}`;

function StepText({ step }: { readonly step: TrailStep }) {
  const reads = step.reads.filter(({ word, value }) =>
    !step.writes.some((write) => write.word === word && write.old === value)
  );
  return (
    <>
      <span>{step.step}{step.buffered ? <span class='quiet'>into its buffer</span> : null}</span>
      {[...reads.map(readText), ...step.writes.map(writeText)].map((line) => <code key={line}>{line}</code>)}
    </>
  );
}
