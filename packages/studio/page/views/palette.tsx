/** Everything that can be opened or done, found by a few letters. */
import fuzzysort from 'fuzzysort';
import { useSignal } from '@preact/signals';
import { documentOf, gallery } from '../gallery.ts';
import { KEYS } from '../keys.ts';
import { guided, moves, open, panel, trouble } from '../state.ts';
import { Dialog } from './dialog.tsx';

interface Choice {
  readonly group: 'situation' | 'race' | 'do';
  readonly name: string;
  readonly title: string;
  readonly run: () => void;
}

const SHOWN_MAX = 12;

function choices(): Choice[] {
  return [
    { group: 'do', name: 'guided story', title: 'the breakage of 2020 in nine steps', run: () => {
      guided.value = 0;
    } },
    ...gallery().map((item): Choice => ({ group: item.kind === 'race' ? 'race' : 'situation', name: item.name,
      title: item.title, run: () =>
        void open(documentOf(item)).then((problem) => {
          trouble.value = problem;
        }) })
    ),
    ...KEYS.flatMap(({ what, move, keys }): Choice[] =>
      move === undefined
        ? []
        : [{ group: 'do', name: what, title: `key ${keys[0]}`, run: moves[move] }]
    ),
  ];
}

export function Palette() {
  const typed = useSignal('');
  const at = useSignal(0);
  const all = choices();
  const found = typed.value === ''
    ? all.slice(0, SHOWN_MAX)
    : fuzzysort.go(typed.value, all, { keys: ['name', 'title'], limit: SHOWN_MAX }).map(({ obj }) => obj);
  const picked = Math.min(at.value, found.length - 1);
  const run = (choice: Choice | undefined): void => {
    panel.value = null;
    choice?.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') at.value = Math.min(found.length - 1, picked + 1);
    else if (event.key === 'ArrowUp') at.value = Math.max(0, picked - 1);
    else if (event.key === 'Enter') run(found[picked]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog name='Open'>
      <input type='text' role='combobox' aria-expanded='true' aria-controls='found' aria-autocomplete='list'
        aria-label='situation, race or command' aria-activedescendant={found.length > 0 ? `found-${picked}` : undefined}
        autofocus placeholder={`${gallery().length} situations and races, and what can be done`} value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
          at.value = 0;
        }} onKeyDown={onKeyDown} />
      <ul id='found' role='listbox' aria-label='found'>
        {found.map((choice, i) => (
          <li key={`${choice.group}${choice.name}`} id={`found-${i}`} role='option' aria-selected={i === picked}
            onClick={() => run(choice)}
          >
            <span class='kind'>{choice.group}</span> <b>{choice.name}</b> <span class='quiet'>{choice.title}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class='quiet'>Nothing is called like that.</p>}
    </Dialog>
  );
}
