/** Write and run: the text on one side, the pages on the other, the answer while one writes. */
import { useEffect, useRef } from 'preact/hooks';
import { type Editing, loadEditor, type Writing } from '../editor/editor-module.ts';
import { documentOf } from '../gallery.ts';
import { lanes, open, panel, shown, trouble, view } from '../state.ts';
import { lanesAsked, run, took, texts, writing, wrong } from '../write-state.ts';
import { LanePane } from './lane-pane.tsx';
import { Scrubber } from './scrubber.tsx';

const NAMES: readonly (readonly [Writing, string])[] = [['cow', 'scenario'], ['race', 'race'], ['policy', 'policy']];
const PAUSE_MS = 60;

export function WriteView() {
  const box = useRef<HTMLDivElement>(null);
  const editing = useRef<Editing | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const again = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (writing.value !== 'race')
        void run((text) => loadEditor().plain(text)).then(() => editing.current?.say(wrong.value));
    }, PAUSE_MS);
  };
  useEffect(() => {
    if (box.current === null) return undefined;
    if (shown.value !== null && shown.value.kind === 'scenario')
      texts.value = { ...texts.value, cow: shown.value.text };
    editing.current = loadEditor().open(box.current, texts.value[writing.value], writing.value, (text) => {
      texts.value = { ...texts.value, [writing.value]: text };
      again();
    });
    again();
    return () => editing.current?.close();
  }, []);
  const turn = (to: Writing): void => {
    writing.value = to;
    editing.current?.set(texts.value[to], to);
  };
  const askRace = (): void =>
    void open(documentOf({ kind: 'race', name: 'written.race', title: '', text: texts.value.race }))
      .then((problem) => {
        trouble.value = problem;
      });
  return (
    <div class='write'>
      <section aria-label='text'>
        <div class='buttons'>
          {NAMES.map(([name, title]) => (
            <button key={name} type='button' aria-pressed={writing.value === name} onClick={() => turn(name)}>
              {title}
            </button>
          ))}
          <button type='button' onClick={() => {
            panel.value = 'palette';
          }}>
            from the gallery <kbd>/</kbd>
          </button>
          {writing.value === 'race' && <button type='button' class='first' onClick={askRace}>ask every order</button>}
        </div>
        {writing.value !== 'race' && (
          <label class='row'>
            <span class='quiet'>lanes</span>
            <input type='text' aria-label='lanes' placeholder='those that the text names' value={lanesAsked.value}
              onInput={({ currentTarget }) => {
                lanesAsked.value = currentTarget.value;
                again();
              }} />
          </label>
        )}
        <div class='editor' ref={box} />
        <p class='told' aria-live='polite'>
          {wrong.value === null
            ? (
              <span class='quiet'>
                {took.value === 0 ? '' : `answered in ${took.value.toFixed(0)} ms; `}no network, at most 5 s
              </span>
            )
            : wrong.value.message}
        </p>
      </section>
      <section class='middle' aria-label='what comes of it'>
        {writing.value !== 'race' && (
          <>
            <Scrubber />
            <div class='lanes stacked'>
              {lanes.value.map((lane, at) => <LanePane key={lane.name} lane={lane} at={at} />)}
            </div>
            <div class='buttons'>
              <button type='button' onClick={() => {
                view.value = 'pages';
              }}>
                look closer
              </button>
            </div>
          </>
        )}
      </section>
    </div>
  );
}
