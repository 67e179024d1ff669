/** Keys for everything; a field that is typed into keeps its own. */
import { guided, moves, type Move, panel, view } from './state.ts';

export interface KeyRow {
  readonly keys: readonly string[];
  readonly what: string;
  readonly move?: Move;
}

export const KEYS: readonly KeyRow[] = [
  { keys: ['ArrowRight', 'l'], what: 'one step on', move: 'stepOn' },
  { keys: ['ArrowLeft', 'h'], what: 'one step back', move: 'stepBack' },
  { keys: ['Shift+ArrowRight', '.'], what: 'one event on', move: 'eventOn' },
  { keys: ['Shift+ArrowLeft', ','], what: 'one event back', move: 'eventBack' },
  { keys: ['Home'], what: 'to the beginning', move: 'first' },
  { keys: ['End'], what: 'to the end', move: 'last' },
  { keys: ['p'], what: 'play, or stop', move: 'play' },
  { keys: ['z'], what: 'to the next hazard', move: 'hazardOn' },
  { keys: ['Shift+Z'], what: 'to the hazard before', move: 'hazardBack' },
  { keys: ['d'], what: 'to where the lanes part', move: 'parting' },
  { keys: ['n'], what: 'to the next event of the chosen page', move: 'pageOn' },
  { keys: ['Shift+N'], what: 'to the event of the page before', move: 'pageBack' },
  { keys: ['t'], what: 'the grid as a table, and back' },
  { keys: ['g'], what: 'the guided story' },
  { keys: ['/', 'Ctrl+k'], what: 'open something' },
  { keys: ['s'], what: 'share or export' },
  { keys: ['?'], what: 'these keys' },
  { keys: ['Escape'], what: 'close what is open' },
];

const OTHERS: Readonly<Record<string, () => void>> = {
  t: () => {
    view.value = view.value === 'table' ? 'pages' : 'table';
  },
  g: () => {
    guided.value = guided.value === null ? 0 : null;
  },
  '/': () => {
    panel.value = 'palette';
  },
  'Ctrl+k': () => {
    panel.value = 'palette';
  },
  s: () => {
    panel.value = 'share';
  },
  '?': () => {
    panel.value = 'help';
  },
  Escape: () => {
    if (panel.value !== null) panel.value = null;
    else guided.value = null;
  },
};

/** `Shift` is named for letters and arrows; of signs it is a part. */
function nameOf({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const held = [ctrlKey || metaKey ? 'Ctrl+' : '', shiftKey && (/^[A-Z]$/.test(key) || key.length > 1) ? 'Shift+' : ''];
  return held.join('') + key;
}

export function onKey(event: KeyboardEvent): void {
  // An editor lies in a shadow, from which its keys come as if they were pressed on its frame.
  const [target] = event.composedPath();
  if (event.altKey || event.defaultPrevented) return;
  const name = nameOf(event);
  const typing = target instanceof HTMLElement
    && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
        && (target as HTMLInputElement).type !== 'range');
  if (typing && name !== 'Escape' && name !== 'Ctrl+k') return;
  if (panel.value !== null && name !== 'Escape') return;
  const row = KEYS.find(({ keys }) => keys.includes(name));
  if (row === undefined) return;
  if (row.move === undefined) OTHERS[name]();
  else moves[row.move]();
  event.preventDefault();
}
