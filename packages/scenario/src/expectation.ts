/** `expect LANES ASSERTION`: what is claimed of the policies or profiles named by the lanes. */
import { Cursor, type Line } from './cursor.ts';
import type { Ledger } from './ledger.ts';
import { type Operand, OPERANDS, readOperands, shapeOf, type Term } from './operand.ts';
import type { Assertion, Expectation, HazardId } from './program.ts';
import { quoted } from './scenario-error.ts';
import { namesIn, PIN_STATES } from './words/values.ts';

/** `ledger` undefined: what exists is not known. */
export function parseExpectation(line: Line, ledger: Ledger | undefined, stepsNr: number): Expectation {
  const head = new Cursor(line, 'expect LANES ASSERTION');
  const lanes = parseLanes(head);
  const word = head.oneOf('ASSERTION', [...PLAIN_WORDS, 'pin', 'hazards', 'copied']);
  const at = new Cursor(line, `expect LANES ${shape(word)}`, 3);
  const assertion = parseAssertion(word, at, ledger, stepsNr);
  at.end();
  return { lanes, assertion, line: line.nr };
}

export function formatExpectation({ lanes, assertion }: Expectation): string {
  return `expect ${formatLanes(lanes)} ${formatAssertion(assertion)}`;
}

export function formatLanes(lanes: Expectation['lanes']): string {
  return lanes === '*' ? '*' : lanes.join(',');
}

/** Assertions that are a word and its operands; the others have a notation of their own. */
const PLAIN = {
  leak: [],
  'no-leak': [],
  split: [],
  'no-split': [],
  value: ['p', 'r', 'page', 'seen'],
  device: ['slot', 'page', 'value'],
  pipe: ['slot', 'index', 'value'],
  step: ['index', 'result'],
  mapcount: ['p', 'r', 'page', 'count'],
  walked: ['index', 'count'],
  storm: ['snapshot'],
} as const satisfies Record<string, readonly Operand[]>;
const PLAIN_WORDS = Object.keys(PLAIN) as readonly (keyof typeof PLAIN)[];
const OWN_NOTATION = {
  pin: 'pin SLOT coherent|diverged [PAGE…]',
  hazards: 'hazards none|H1 H2…',
  copied: 'copied N|>=N',
};
/** What each of them claims, in the order of the page. */
const SAYS: Readonly<Record<Word, string>> = {
  pin: 'coherent: device and owner see the same page everywhere; diverged: they do not; with pages: on exactly these',
  value: 'a load by P gives V, or a signal',
  device: 'a load by the device gives V',
  pipe: 'a load by the reader of the pipe gives V',
  leak: 'a process saw what another one wrote to its private memory (H4)',
  'no-leak': 'nobody saw what another process wrote to its private memory',
  hazards: 'exactly these were found',
  copied: 'so many pages fork() copied',
  step: 'step INDEX, counted from 0, came to `ok`, an errno or a signal',
  mapcount: 'so many page table entries map the page that P sees there',
  split: 'fork() split a huge page',
  'no-split': 'fork() split no huge page',
  walked: 'fork(), which was step INDEX, handled N page table entries: one for a whole huge page',
  storm:
    'whole: every child of a storm has a state of memory that its parent was in; may-tear: it may have one that the '
    + 'parent never was in (H5)',
};

/** What can be claimed. */
export function assertionTerms(): readonly Term[] {
  return (Object.keys(SAYS) as Word[]).map((word) => ({ word, shape: shape(word), says: SAYS[word],
    operands: word in PLAIN ? PLAIN[word as 'value'] : [] })
  );
}

const HAZARDS: readonly HazardId[] = ['H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9'];
type Word = keyof typeof PLAIN | keyof typeof OWN_NOTATION;

function shape(word: Word): string {
  return word in OWN_NOTATION ? OWN_NOTATION[word as 'pin'] : shapeOf(word, PLAIN[word as 'value']);
}

export function parseLanes(at: Cursor): Expectation['lanes'] {
  const text = at.word('LANES');
  if (text === '*') return '*';
  const lanes = text.split(',');
  const odd = lanes.find((lane) => !/^[A-Za-z0-9][\w.+-]*$/.test(lane));
  if (odd === undefined) return lanes;
  throw at.fault('LANES', `lane ${quoted(odd)} is not a name`, 'use * or names joined by commas: naive-cow,linux-5.9');
}

function parseAssertion(word: Word, at: Cursor, ledger: Ledger | undefined, stepsNr: number): Assertion {
  if (word === 'pin') return parsePin(at, ledger);
  if (word === 'hazards') return { is: 'hazards', ids: parseHazards(at) };
  if (word === 'copied') return parseCopied(at);
  const assertion = { is: word, ...readOperands(at, PLAIN[word]) } as unknown as Assertion;
  if ('p' in assertion) ledger?.page(assertion.p, assertion.r, assertion.page, at);
  if (assertion.is === 'device') ledger?.holding('pin', assertion.slot, at, assertion.page);
  if (assertion.is === 'pipe') ledger?.holding('pipe', assertion.slot, at, assertion.index);
  if (assertion.is === 'storm') ledger?.stormed(at);
  if ('index' in assertion && assertion.is !== 'pipe' && assertion.index >= stepsNr) {
    throw at.fault('INDEX', `there is no step ${assertion.index}`, `use 0 to ${stepsNr - 1}, the first step is 0`);
  }
  return assertion;
}

function parsePin(at: Cursor, ledger: Ledger | undefined): Assertion {
  const slot = OPERANDS.slot[1](at);
  ledger?.everHeld('pin', slot, at);
  if (at.oneOf('STATE', namesIn(PIN_STATES)) === 'coherent') return { is: 'pin-coherent', slot };
  const pages: number[] = [];
  while (at.more) {
    const page = OPERANDS.page[1](at);
    ledger?.everHeld('pin', slot, at, page);
    pages.push(page);
  }
  return { is: 'pin-diverged', slot, pages };
}

function parseHazards(at: Cursor): HazardId[] {
  const first = at.oneOf('HAZARD', ['none', ...HAZARDS]);
  if (first === 'none') return [];
  const ids = new Set([first]);
  while (at.more) {
    const id = at.oneOf('HAZARD', HAZARDS);
    if (ids.has(id)) throw at.fault('HAZARD', `hazard ${id} is named twice`, 'drop one of them');
    ids.add(id);
  }
  return [...ids].sort();
}

function parseCopied(at: Cursor): Assertion {
  const text = at.word('N');
  const [atLeast, digits] = text.startsWith('>=') ? [true, text.slice(2)] : [false, text];
  if (/^\d{1,9}$/.test(digits)) return { is: 'copied', nr: Number(digits), atLeast };
  throw at.fault('N', `N is ${quoted(text)}`, 'use a whole number such as 4, or >=4');
}

function formatAssertion(assertion: Assertion): string {
  if (assertion.is === 'pin-coherent') return `pin ${assertion.slot} coherent`;
  if (assertion.is === 'pin-diverged') return ['pin', assertion.slot, 'diverged', ...assertion.pages].join(' ');
  if (assertion.is === 'hazards') return `hazards ${assertion.ids.join(' ') || 'none'}`;
  if (assertion.is === 'copied') return `copied ${assertion.atLeast ? '>=' : ''}${assertion.nr}`;
  const values = assertion as unknown as Record<string, number | string>;
  return [assertion.is, ...PLAIN[assertion.is].map((field) => values[field])].join(' ');
}
