/** Time: a slider over the steps, buttons for everything, and marks where something is found or lanes part. */
import { eventsIn } from '../../src/model/place.ts';
import { chosen, go, goStep, hazards, lanes, last, moves, type Move, partings, place, playing } from '../state.ts';

interface Button {
  readonly move: Move;
  readonly sign: string;
  readonly name: string;
}

const TIME: readonly Button[] = [{ move: 'first', sign: '|◂', name: 'to the beginning' }, { move: 'stepBack', sign: '◂',
  name: 'one step back' }, { move: 'eventBack', sign: '‹', name: 'one event back' }, { move: 'eventOn', sign: '›',
  name: 'one event on' }, { move: 'stepOn', sign: '▸', name: 'one step on' }, { move: 'last', sign: '▸|',
  name: 'to the end' }];

export function Scrubber() {
  const { step, event } = place.value;
  const inStep = Math.max(0, ...lanes.value.map((lane) => eventsIn(lane, step)));
  const at = lanes.value[0]?.steps[step - 1];
  return (
    <section class='scrubber' aria-label='time'>
      <div class='buttons'>
        {TIME.map(({ move, sign, name }) => (
          <button key={move} type='button' aria-label={name} title={name} onClick={moves[move]}>{sign}</button>
        ))}
        <button type='button' aria-pressed={playing.value} onClick={moves.play}>
          {playing.value ? 'stop' : 'play'}
        </button>
        <button type='button' disabled={hazards.value.length === 0} onClick={moves.hazardOn}>next hazard</button>
        <button type='button' disabled={partings.value.length === 0} onClick={moves.parting}>where they part</button>
        <button type='button' disabled={chosen.value === null} onClick={moves.pageOn}>page's next event</button>
      </div>
      <div class='track'>
        <input type='range' min={0} max={last.value} value={step} aria-label='step'
          aria-valuetext={`step ${step} of ${last.value}${at === undefined ? '' : `: ${at.text}`}`}
          onInput={({ currentTarget }) => goStep(Number(currentTarget.value))} />
        <Marks />
      </div>
      <div class='inside'>
        <p class='step'>
          <b>{step}</b> <span class='quiet'>of {last.value}</span> <code>{at?.text ?? 'before the first step'}</code>
        </p>
        {inStep > 1 && (
          <label>
            <span class='quiet'>event {event ?? inStep} of {inStep}</span>
            <input type='range' min={1} max={inStep} value={event ?? inStep} aria-label='event within the step'
              onInput={({ currentTarget }) => {
                const to = Number(currentTarget.value);
                go({ step, event: to >= inStep ? null : to });
              }} />
          </label>
        )}
      </div>
    </section>
  );
}

/** More marks than this are a bar and not marks. */
const MARKS_MAX = 400;

function Marks() {
  const share = (step: number): string => `${(100 * step) / Math.max(1, last.value)}%`;
  return (
    <div class='marks' aria-hidden='true'>
      {hazards.value.slice(0, MARKS_MAX).map((step) => (
        <i key={`h${step}`} class='at-hazard' style={{ left: share(step) }} />
      ))}
      {[...new Set(partings.value)].map((step) => (
        <i key={`p${step}`} class='at-parting' style={{ left: share(step) }} />
      ))}
    </div>
  );
}
