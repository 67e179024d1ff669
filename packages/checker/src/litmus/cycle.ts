/**
 * Names of litmus tests in the convention of the diy tools, as cycles of accesses: a family says how many threads there
 * are and what each begins and ends with, and a word for each thread what lies between.
 *
 * @source Alglave, Maranget, Tautschnig: Herding cats, 2014, for the families and relations
 */

import { type Family, familyOf } from './families.ts';

export type Direction = 'R' | 'W';
/** `p`: nothing special, `a` and `q`: acquire, `l`: release, `x`: exclusive, as a pair with what undoes it. */
export type Annotation = 'p' | 'a' | 'q' | 'l' | 'x';
export type Between = 'po' | 'dmb.sy' | 'dmb.ld' | 'dmb.st' | 'addr' | 'data' | 'ctrl' | 'ctrlisb' | 'mfence';
/** Of one thread: from its store to its load, from its load or store to its next store. */
export type Internal = 'rfi' | 'fri' | 'wsi';

export interface CycleEvent {
  readonly thread: number;
  readonly direction: Direction;
  readonly annotation: Annotation;
  /** Number of its word. */
  readonly word: number;
  /** It stores that, or finds it. */
  readonly value: number;
  /** How it comes after the one before it in its thread. */
  readonly after: Between | Internal | 'start';
}

export interface Cycle {
  readonly name: string;
  readonly events: readonly CycleEvent[];
  readonly nrThreads: number;
  readonly nrWords: number;
  /** Of words that are stored to more than once: what they hold last. */
  readonly lasts: ReadonlyMap<number, number>;
  /** All goes to one word, so that there is no cycle of values: the question is whether coherence is kept. */
  readonly isOfOneWord: boolean;
}

interface Edge {
  readonly kind: Between | Internal | '[fr-rf]' | '[ws-rf]';
  readonly sameWord: boolean;
  readonly from: Annotation | null;
  readonly to: Annotation | null;
}

interface Strand {
  readonly first: Direction;
  readonly last: Direction;
  readonly edges: readonly Edge[];
  /** Of a thread of one access. */
  readonly annotation: Annotation;
}

/** null: the name does not say which test it is. */
export function cycleOf(name: string, architecture: 'AArch64' | 'X86'): Cycle | null {
  const numbered = /^(.*[^\d.])(00\d)$/.exec(name);
  const variant = numbered === null ? 0 : Number(numbered[2]);
  const family = familyOf(numbered?.[1] ?? name);
  if (family === null) return null;
  const strands = strandsOf(family);
  if (strands === null) return null;
  const directions = [...directionsOf(strands, architecture)];
  // Some names stand for several tests; the tools number them as they come.
  const chosen = directions[variant];
  return chosen === undefined ? null : closed(name, strands, chosen);
}

/** Letters that annotate the accesses of threads that have one access only, one after the other. */
const SINGLES: { readonly [letter: string]: Annotation } = { L: 'l', Na: 'p', A: 'a', X: 'x', P: 'p', Q: 'q' };

function strandsOf({ threads, words }: Family): readonly Strand[] | null {
  const nrSingle = threads.filter((thread) => thread.length === 1).length;
  const nrPairs = threads.length - nrSingle;
  let said = words;
  let singles: readonly Annotation[] = [];
  const letters = /^(?:L|Na|A|X|P|Q)+$/.test(words.at(-1) ?? '') ? words.at(-1)?.match(/L|Na|A|X|P|Q/g) ?? [] : [];
  if (letters.length > 0) {
    if (letters.length > nrSingle) return null;
    singles = letters.map((letter) => SINGLES[letter]);
    said = words.slice(0, -1);
  }
  const edges = edgesOf(said, nrPairs);
  if (edges === null) return null;
  let pair = 0;
  let single = 0;
  return threads.map((thread) => {
    const [first, last = first] = thread as Iterable<Direction>;
    return thread.length === 1
      ? { first, last, edges: [], annotation: singles[single++] ?? 'p' }
      : { first, last, edges: edges[pair++], annotation: 'p' };
  });
}

/** One word a thread; none: all are `po`; one in the plural: all are that. */
function edgesOf(words: readonly string[], nr: number): readonly (readonly Edge[])[] | null {
  if (words.length === 0) return Array.from({ length: nr }, () => [PO]);
  if (words.length === 1 && nr !== 1) {
    const each = words[0].endsWith('s') ? wordOf(words[0].slice(0, -1)) : null;
    return each === null ? null : Array.from({ length: nr }, () => each);
  }
  const edges = words.map(wordOf);
  return words.length === nr && edges.every((edge) => edge !== null) ? edges : null;
}

const PO: Edge = { kind: 'po', sameWord: false, from: null, to: null };
const EDGE =
  /^(\[fr-rf\]|\[ws-rf\]|po|dmb\.sy|dmb\.ld|dmb\.st|addr|data|ctrlisb|ctrl|mfence|rfi|fri|wsi)(s?)([plaqx]{2})?$/;

function wordOf(word: string): readonly Edge[] | null {
  const edges: Edge[] = [];
  for (const part of word.match(/\[[^\]]*\]|[^-]+/g) ?? []) {
    const found = EDGE.exec(part);
    if (found === null) return null;
    const kind = found[1] as Edge['kind'];
    const [from, to] = (found[3] ?? '') as Iterable<Annotation>;
    edges.push({ kind, sameWord: found[2] !== '' || ALIKE.includes(kind), from: from ?? null, to: to ?? null });
  }
  return edges.length === 0 ? null : edges;
}

const ALIKE: readonly Edge['kind'][] = ['rfi', 'fri', 'wsi', '[fr-rf]', '[ws-rf]'];

/** What an edge must come from and lead to. */
function endsOf(
  { kind, sameWord, from, to }: Edge,
): { readonly from: Direction | null; readonly to: Direction | null } {
  const ends: { readonly [Kind in Edge['kind']]?: readonly [Direction | null, Direction | null] } = { rfi: ['W', 'R'],
    fri: ['R', 'W'], wsi: ['W', 'W'], '[fr-rf]': ['R', 'R'], '[ws-rf]': ['W', 'R'], addr: ['R', null], data: ['R', 'W'],
    ctrl: ['R', null], ctrlisb: ['R', null] };
  const [a, b] = ends[kind] ?? [null, null];
  const byAnnotation = (annotation: Annotation | null): Direction | null =>
    annotation === 'l' ? 'W' : annotation === 'a' || annotation === 'q' ? 'R' : null;
  // Two accesses in a row to one word that nothing else tells of are loads.
  const free = kind === 'po' && sameWord ? 'R' : null;
  return { from: a ?? byAnnotation(from) ?? free, to: b ?? byAnnotation(to) ?? free };
}

/** All directions that the accesses of each thread may have, in the order in which the tools number them. */
function* directionsOf(
  strands: readonly Strand[],
  architecture: 'AArch64' | 'X86',
): Generator<readonly (readonly Direction[])[]> {
  const ways = strands.map((strand) =>
    [...waysOf(strand)].filter((way) => architecture === 'X86' || !isIdle(strand, way))
  );
  const total = ways.reduce((product, { length }) => product * length, 1);
  for (let nr = 0; nr < total; nr++) {
    let rest = nr;
    yield ways.map((of) => {
      const way = of[rest % of.length];
      rest = Math.floor(rest / of.length);
      return way;
    });
  }
}

/** Three stores in a row with nothing between them: tests of AArch64 leave the middle one out. */
function isIdle({ edges }: Strand, way: readonly Direction[]): boolean {
  return edges.some((edge, at) =>
    at > 0 && edge.kind === 'po' && !edge.sameWord && edges[at - 1].kind === 'po' && !edges[at - 1].sameWord
    && way[at - 1] === 'W' && way[at] === 'W' && way[at + 1] === 'W'
  );
}

function* waysOf({ first, last, edges }: Strand): Generator<readonly Direction[]> {
  const may: Direction[][] = edges.length === 0 ? [[first]] : [[first], ...edges.slice(1).map((edge, at) => {
    const wanted = [endsOf(edges[at]), endsOf(edge)];
    return (['W', 'R'] as const).filter((way) => {
      const [before, after] = [wanted[0].to, wanted[1].from];
      // What is free gives way to what is fixed.
      const fixed = edges[at].kind === 'po' && edges[at].sameWord ? after ?? before : before ?? after;
      return fixed === null || fixed === way;
    });
  }), [last]];
  const total = may.reduce((product, { length }) => product * length, 1);
  for (let nr = 0; nr < total; nr++) {
    let rest = nr;
    const way = may.map((of) => {
      const each = of[rest % of.length];
      rest = Math.floor(rest / of.length);
      return each;
    });
    if (edges.every((edge, at) => fits(edge, way[at], way[at + 1]))) yield way;
  }
}

function fits(edge: Edge, from: Direction, to: Direction): boolean {
  const { kind } = edge;
  if (kind === 'po' || kind.startsWith('dmb') || kind === 'mfence') {
    const wrong = (way: Direction, annotation: Annotation | null): boolean =>
      way === 'R' ? annotation === 'l' : annotation === 'a' || annotation === 'q';
    return !wrong(from, edge.from) && !wrong(to, edge.to);
  }
  const ends = endsOf(edge);
  return (ends.from === null || ends.from === from) && (ends.to === null || ends.to === to);
}

interface Draft {
  readonly thread: number;
  readonly direction: Direction;
  readonly annotation: Annotation;
  readonly after: CycleEvent['after'];
  /** Does the edge that leads to it stay at the word? */
  readonly stays: boolean;
  /** Place among the accesses of its thread. */
  readonly position: number;
}

/** The accesses in the order of the cycle, with their words and values. */
function closed(name: string, strands: readonly Strand[], directions: readonly (readonly Direction[])[]): Cycle | null {
  const drafts = draftsOf(strands, directions);
  if (drafts === null) return null;
  const nrMoves = drafts.filter(({ stays }) => !stays).length;
  // An edge that leaves its word needs another one that comes back.
  if (nrMoves === 1) return null;
  const words: number[] = [];
  let word = 0;
  drafts.forEach(({ stays }, at) => {
    if (at > 0 && !stays) word = (word + 1) % nrMoves;
    words.push(word);
  });
  const from = nrMoves === 0 ? 0 : drafts.findIndex(({ stays }) => !stays);
  const values: number[] = [];
  const nrStores = new Map<number, number>();
  let value = 0;
  for (let i = 0; i < drafts.length; i++) {
    const at = (from + i) % drafts.length;
    if (!drafts[at].stays) value = 0;
    if (drafts[at].direction === 'W') nrStores.set(words[at], ++value);
    values[at] = value;
  }
  const events = drafts.map(({ thread, direction, annotation, after }, at) => ({ thread, direction, annotation, after,
    word: words[at], value: values[at] })
  );
  const order = events.map((_, at) => at).sort((a, b) =>
    drafts[a].thread - drafts[b].thread || drafts[a].position - drafts[b].position
  );
  return { name, events: [...order.map((at) => events[at]), ...observers(drafts, events, nrStores)],
    nrThreads: Math.max(...drafts.map(({ thread }) => thread)) + 1, nrWords: Math.max(1, nrMoves),
    lasts: new Map([...nrStores].filter(([, nr]) => nr > 1)), isOfOneWord: nrMoves === 0 };
}

/**
 * Where a word is stored to more than twice, its last value does not say which store came second: who made the store
 * before another thread's looks whether that came next.
 */
function observers(
  drafts: readonly Draft[],
  events: readonly CycleEvent[],
  nrStores: ReadonlyMap<number, number>,
): readonly CycleEvent[] {
  return events.flatMap(({ thread, direction, word }, at) => {
    const next = (at + 1) % events.length;
    const isLeft = direction === 'W' && drafts[next].stays && events[next].direction === 'W'
      && events[next].thread !== thread && drafts[next].position === 0 && (nrStores.get(word) ?? 0) > 2;
    return isLeft
      ? [{ thread, direction: 'R', annotation: 'p', word, value: events[next].value, after: 'po' } as const]
      : [];
  });
}

function draftsOf(strands: readonly Strand[], directions: readonly (readonly Direction[])[]): readonly Draft[] | null {
  const drafts: Draft[] = [];
  // Threads that a thread waits for in its middle come last.
  let extra = strands.length;
  for (const [thread, { edges, annotation }] of strands.entries()) {
    let position = 0;
    for (const [at, direction] of directions[thread].entries()) {
      const [before, next] = [edges[at - 1] as Edge | undefined, edges[at] as Edge | undefined];
      const said = [before?.to, next?.from].filter((each) => each !== null && each !== undefined);
      if (new Set(said).size > 1) return null;
      const own = edges.length === 0 ? annotation : said[0] ?? 'p';
      if (direction === 'W' ? own === 'a' || own === 'q' : own === 'l') return null;
      const leaves = before?.kind === '[fr-rf]' || before?.kind === '[ws-rf]';
      if (leaves)
        drafts.push({ thread: extra++, direction: 'W', annotation: 'p', after: 'start', stays: true, position: 0 });
      drafts.push({ thread, direction, annotation: own, stays: before?.sameWord ?? true,
        after: before === undefined ? 'start' : leaves ? 'po' : before.kind, position: position++ });
    }
  }
  return drafts;
}
