/**
 * What is known of thirty situations in ten generations of Linux from reading the kernels' sources, as data: the run
 * of the model is compared with it and never takes anything from it. One line is one situation, one column one
 * generation.
 *
 * Words of a cell: C coherent, D diverged, L leak, X copied at fork() (`512X` for exactly so many base pages), S the
 * parent's PMD split, ok or fails what fork() comes to, segv, zeros or sees what a child finds where the pinned pages
 * were, - none of what the line speaks of, = as the cell to the left. `D?` is a race with something that runs at the
 * same time: no order of whole steps shows it. `X(PAE)`: only a page that is exclusive to the process that forks.
 */
import { compareSeries, CompositionError, parseRelease, PROFILES, type Release, releaseOf,
  resolveKernel } from '@cowlab/composition';

/** Each generation from its first release on; the profiles of it are held to its column. */
const FIRSTS = { G0: '5.7.0', G1: '5.7.3', G2: '5.9-rc4', G3: '5.9-rc8', G4: '5.10.4', G5a: '5.12.0', G5b: '5.18.0',
  G6: '5.19.0', G7: '6.2.0', G8: '6.8.0' } as const;
export type Generation = keyof typeof FIRSTS;
/** The series as it was posted is of the generation that it began. */
const POSTED: Readonly<Record<string, Generation>> = { 'posted-v2': 'G3' };

export function generationOf(profile: string): Generation | null {
  if (Object.hasOwn(POSTED, profile)) return POSTED[profile];
  const release = resolveKernel(profile)?.release ?? null;
  const at = release === null ? null : parseRelease(release);
  if (at === null) return null;
  const found = Object.entries(FIRSTS).findLast(([, first]) => isFrom(at, releaseOf(first)));
  return found === undefined ? null : (found[0] as Generation);
}

/** Is `at` of the first release or a later one? A series alone is its last stable point. */
function isFrom(at: Release, first: Release): boolean {
  const order = compareSeries(at.series, first.series);
  if (order !== 0) return order > 0;
  if (first.rc !== null) return at.rc === null || at.rc >= first.rc;
  return at.rc === null ? (at.stable ?? Infinity) >= (first.stable ?? 0) : first.stable === 0;
}

/** Generation to the profiles that are held to its column. Worked out when asked for: every command loads this file. */
export const generations = (): Readonly<Record<Generation, readonly string[]>> =>
  Object.fromEntries(
    Object.keys(FIRSTS).map((
      name,
    ) => [name, Object.keys(PROFILES).filter((profile) => generationOf(profile) === name)]),
  ) as unknown as Record<Generation, readonly string[]>;

const ROWS: Readonly<Record<number, string>> = {
  //   G0  | G1  | G2  | G3  | G4  | G5a | G5b | G6  | G7  | G8
  1: 'D L | D L | D L | C X | C X | C X | C X | C X | C X | C X',
  2: 'C   | C   | D   | C X | C X | C X | C X | C X | C X | C X',
  3: 'C   | C   | D   | C X | C X | C X | C X | C X | C X | C X',
  4: 'L   | L   | L   | -   | -   | -   | -   | -   | -   | -',
  5: 'C   | C   | C   | C   | C   | C   | C   | C   | C   | C',
  6: 'D   | D   | D   | C X | C X | C X | C X | C X | C X | C X',
  7: 'D   | C   | D   | D   | D   | D   | D   | C   | C   | C',
  8: 'C   | C   | D   | D   | D   | D   | D   | C   | C   | C',
  9: 'C   | C   | D   | D   | D   | D   | D   | C   | C   | C',
  10: 'D   | D   | D   | D   | D   | D   | D   | D   | D   | D',
  11: 'C   | C   | D   | D   | D   | D   | D   | D   | D   | D',
  12: 'L   | -   | -   | -   | -   | -   | -   | -   | -   | -',
  13: 'L   | -   | L   | L   | L   | L   | -   | -   | -   | -',
  14: 'L   | -   | L   | L   | L   | L   | L   | L   | L   | L',
  15: 'D L | D L | D L | C 512X S | = | = | =   | =   | =   | =',
  16: 'C   | C   | C   | C   | C   | C   | C   | C   | C   | C',
  17: 'D L | D L | D L | D L | D L | C X | C X | C X | C X | C X',
  18: 'ok  | ok  | ok  | ok  | ok  | fails | = | =   | =   | =',
  19: 'C segv | = | =  | =   | =   | =   | =   | =   | =   | =',
  20: 'C zeros | = | = | =   | =   | =   | =   | =   | =   | =',
  21: 'C sees 0X | = | = | = | =   | =   | =   | =   | =   | =',
  23: 'D   | C   | D   | D   | D   | D   | D   | D   | C   | C',
  24: 'D   | C   | D   | D   | D   | D   | D   | D   | D   | D',
  25: 'D   | C   | D   | D   | D   | D   | D   | D   | C   | C',
  26: 'C   | =   | =   | =   | =   | =   | =   | =   | =   | =',
  27: 'C   | C   | D   | D   | D? (linux-5.10.4: D) | D? | D? | C | C | C',
  28: 'D   | =   | =   | =   | =   | =   | =   | =   | =   | =',
  29: '-   | -   | -   | X   | X   | X   | X   | -   | =   | =',
  30: '-   | -   | -   | X   | X   | X   | X   | X(PAE) | = | =',
};

/**
 * Files that are not held to the line of their own number. Row 22 is known to go as rows 1 to 4; row 30 depends on the
 * page's being exclusive; of one reference fewer nothing is written down.
 */
const FILES: Readonly<Record<string, { readonly row: number; readonly exclusive?: boolean } | null>> = {
  '22': { row: 1 },
  '22b': { row: 2 },
  '22c': { row: 3 },
  '22d': { row: 4 },
  '30': { row: 30, exclusive: true },
  '30b': { row: 30, exclusive: false },
  '30c': null,
};

/** What a cell says. Null: its line does not speak of that, whatever the run finds. */
export interface Claims {
  readonly holds: 'C' | 'D' | null;
  /** Never null: a leak that is not written down is none. */
  readonly leak: boolean;
  readonly copied: 'none' | 'some' | number | null;
  readonly split: boolean | null;
  readonly fork: 'ok' | 'fails' | null;
  readonly child: 'segv' | 'zeros' | 'sees' | null;
  /** The device and the owner may part here when reclaim and a pin run at the same time. */
  readonly race: boolean;
}

export interface DocumentCell {
  /** As written, `=` and what is said of single releases resolved. */
  readonly text: string;
  readonly claims: Claims;
}

/** `id` is a row, with a letter where a row has several files. Null where nothing is written down. */
export function documentCell(id: string, profile: string): DocumentCell | null {
  const generation = generationOf(profile);
  const { row, exclusive = true } = FILES[id] ?? { row: Number.parseInt(id, 10) };
  if (FILES[id] === null || generation === null || !Object.hasOwn(ROWS, row)) return null;
  const text = cellText(row, Object.keys(FIRSTS).indexOf(generation), profile);
  const spoken = cellsOf(row).flatMap(wordsOf);
  const words = wordsOf(text).map((word) => (word !== 'X(PAE)' ? word : exclusive ? 'X' : '-'));
  return { text, claims: claimsOf(words, spoken, row) };
}

function cellText(row: number, column: number, profile: string): string {
  const cell = cellsOf(row)[column];
  if (cell === '=') return cellText(row, column - 1, profile);
  const [, text = cell, release, instead] = ONE_RELEASE.exec(cell) ?? [];
  return release === profile ? instead : text;
}

/** `D? (linux-5.10.4: D)`: of one release of the generation something else is known. */
const ONE_RELEASE = /^(.*) \((\S+): (.*)\)$/;

function cellsOf(row: number): string[] {
  return ROWS[row].split('|').map((cell) => cell.trim());
}

const wordsOf = (cell: string): string[] => cell.replace(ONE_RELEASE, '$1').split(' ');
const isCopies = (word: string): boolean => /^\d*X/.test(word);

/** `spoken`: all words of the line. What none of its cells mentions, none of them denies. */
function claimsOf(words: readonly string[], spoken: readonly string[], row: number): Claims {
  const odd = words.find((word) => !/^([CDLS=-]|D\?|\d*X|ok|fails|segv|zeros|sees)$/.test(word));
  if (odd !== undefined)
    throw new CompositionError(`row ${row} of the documented table`, `'${odd}' is no word of a cell`,
      'mend matrix-document.ts');
  const has = (word: string): boolean => words.includes(word);
  const copies = words.find(isCopies);
  const one = <Word extends string>(...of: readonly Word[]): Word | null => of.find(has) ?? null;
  return {
    // What a race may do to it, it does not do in a run of whole steps.
    holds: has('D?') ? 'C' : one('C', 'D'),
    leak: has('L'),
    copied: !spoken.some(isCopies)
      ? null
      : copies === undefined
      ? 'none'
      : copies === 'X'
      ? 'some'
      : Number.parseInt(copies, 10),
    split: spoken.includes('S') ? has('S') : null,
    fork: one('ok', 'fails'),
    child: one('segv', 'zeros', 'sees'),
    race: has('D?'),
  };
}
