/**
 * ARMv8 as Promising-ARM tells it: memory is the list of all stores in one order, and what a thread may still read, or
 * where in the list a store of it may stand, follows from views, which are moments of that list. A load reads a store
 * at or after the latest one of its word that the thread has to know of; a store may stand earlier in the list than
 * stores that came to it before (a promise), but after everything that it depends on.
 *
 * @source Pulte, Pichon-Pharabod, Kang, Lee, Hur: Promising-ARM/RISC-V, PLDI 2019, for ARMv8: multicopy atomic.
 * Of one-instruction atomics with acquire and release this follows herdtools7 since its pull request 322: such a one
 * orders all before it with all after it, as Linux needs of LDADDAL.
 */

/** `acquirePc`: LDAPR, which an earlier STLR does not hold back. */
export type LoadStrength = 'plain' | 'acquirePc' | 'acquire';
export type Barrier = 'sy' | 'ld' | 'st' | 'isb';

/** Offsets of the views of a thread; after them come, for each word, COH and the store that it would forward. */
const R_OLD = 0;
const W_OLD = 1;
const R_NEW = 2;
const W_NEW = 3;
/** Of addresses and of what branches were taken by. */
const CAP = 4;
const REL = 5;
/** The latest load exclusive: the store that it read; -1: none. */
const X_TIME = 6;
const X_WORD = 7;
const HEAD = 8;
const COH = 0;
const F_TIME = 1;
const F_VIEW = 2;
const F_EXCLUSIVE = 3;
const EACH = 4;

/** The stores in their order; the time of a store is its place in the list + 1, and 0 is what words held at first. */
export interface Stores {
  readonly length: number;
  readonly word: (time: number) => number;
  readonly thread: (time: number) => number;
}

export interface Load {
  readonly word: number;
  readonly strength: LoadStrength;
  readonly exclusive: boolean;
  /** Of a one-instruction atomic whose old value nobody gets: LDADD's short form. */
  readonly noReturn?: boolean;
}

export interface Store {
  readonly word: number;
  readonly release: boolean;
  readonly exclusive: boolean;
}

export const viewsFor = (words: number): Int32Array => {
  const views = new Int32Array(HEAD + words * EACH);
  views[X_TIME] = -1;
  return views;
};

/** What a load has to know of before it reads. */
export function beforeLoad(v: Int32Array, strength: LoadStrength, address: number): number {
  const view = Math.max(address, v[R_NEW]);
  return strength === 'acquire' ? Math.max(view, v[REL]) : view;
}

/** The earliest time that a load of the word may read: the word's latest store that the thread has to know of. */
export function earliest(v: Int32Array, stores: Stores, word: number, before: number): number {
  for (let time = Math.min(Math.max(before, v[HEAD + word * EACH + COH]), stores.length); time > 0; time--)
    if (stores.word(time) === word) return time;
  return 0;
}

/** The load reads the store of that time. Returns the view of the value that it got. */
export function load(
  v: Int32Array,
  { word, strength, exclusive, noReturn }: Load,
  address: number,
  time: number,
): number {
  const before = beforeLoad(v, strength, address);
  const at = HEAD + word * EACH;
  // From its own store buffer; what an exclusive store left there no acquire may take.
  const forwards = v[at + F_TIME] === time && time > 0 && (v[at + F_EXCLUSIVE] === 0 || strength === 'plain');
  const view = Math.max(before, forwards ? v[at + F_VIEW] : time);
  raise(v, at + COH, view);
  if (noReturn !== true) raise(v, R_OLD, view);
  if (strength !== 'plain' && noReturn !== true) {
    raise(v, R_NEW, view);
    raise(v, W_NEW, view);
  }
  raise(v, CAP, address);
  if (exclusive) {
    v[X_TIME] = time;
    v[X_WORD] = word;
  }
  return view;
}

/** What must have been stored before a store can be. */
export function beforeStore(v: Int32Array, { word, release }: Store, address: number, data: number): number {
  const view = Math.max(address, data, v[CAP], v[W_NEW], v[HEAD + word * EACH + COH]);
  return release ? Math.max(view, v[R_OLD], v[W_OLD]) : view;
}

/** Has nobody else stored to the word between the load exclusive and that time? */
export function isExclusive(v: Int32Array, stores: Stores, thread: number, word: number, time: number): boolean {
  if (v[X_TIME] < 0 || v[X_WORD] !== word) return false;
  return isAlone(stores, thread, word, v[X_TIME], time);
}

export function isAlone(stores: Stores, thread: number, word: number, from: number, to: number): boolean {
  for (let time = from + 1; time < to; time++)
    if (stores.word(time) === word && stores.thread(time) !== thread) return false;
  return true;
}

/** The store stands at that time, which is after `beforeStore`. */
export function store(
  v: Int32Array,
  { word, release, exclusive }: Store,
  address: number,
  data: number,
  time: number,
): void {
  const at = HEAD + word * EACH;
  v[at + COH] = time;
  raise(v, W_OLD, time);
  raise(v, CAP, address);
  if (release) raise(v, REL, time);
  v[at + F_TIME] = time;
  v[at + F_VIEW] = Math.max(address, data);
  v[at + F_EXCLUSIVE] = exclusive ? 1 : 0;
  if (exclusive) v[X_TIME] = -1;
}

/** After a one-instruction atomic with acquire and release: all that follows comes after its store. */
export function fullAtomic(v: Int32Array, time: number): void {
  raise(v, R_NEW, time);
  raise(v, W_NEW, time);
}

export function barrier(v: Int32Array, kind: Barrier): void {
  if (kind === 'isb') return raise(v, R_NEW, v[CAP]);
  if (kind === 'st') return raise(v, W_NEW, v[W_OLD]);
  const view = kind === 'sy' ? Math.max(v[R_OLD], v[W_OLD]) : v[R_OLD];
  raise(v, R_NEW, view);
  raise(v, W_NEW, view);
}

/** What a branch was taken by. */
export function branch(v: Int32Array, view: number): void {
  raise(v, CAP, view);
}

function raise(v: Int32Array, at: number, view: number): void {
  if (v[at] < view) v[at] = view;
}

/** A store came to stand at that time: what was there and later is one later. */
export function makeRoom(v: Int32Array, time: number): void {
  for (let at = R_OLD; at <= REL; at++) if (v[at] >= time) v[at]++;
  if (v[X_TIME] >= time) v[X_TIME]++;
  for (let at = HEAD; at < v.length; at += EACH)
    for (let field = COH; field <= F_VIEW; field++) if (v[at + field] >= time) v[at + field]++;
}

/** Stores left the list: what had one time has another. Of words that are done with nothing is known any more. */
export function renumber(v: Int32Array, times: readonly number[], isDead: (word: number) => boolean): void {
  for (let at = R_OLD; at <= REL; at++) v[at] = times[v[at]];
  if (v[X_TIME] > 0) v[X_TIME] = times[v[X_TIME]];
  for (let at = HEAD, word = 0; at < v.length; at += EACH, word++) {
    for (let field = COH; field <= F_VIEW; field++) v[at + field] = isDead(word) ? 0 : times[v[at + field]];
    if (isDead(word)) v[at + F_EXCLUSIVE] = 0;
  }
}

/** What the thread will know of whatever it does next. */
export const floorOf = (v: Int32Array): number => Math.min(v[R_NEW], Math.max(v[W_NEW], v[CAP]));

/**
 * The stores up to that time, which is no later than `floorOf` of any thread, are what words held at first from now
 * on. And what says nothing that is not said by another view is forgotten, so that threads that are alike look alike.
 */
export function settle(v: Int32Array, upTo: number): void {
  for (let at = R_OLD; at <= REL; at++) v[at] = Math.max(0, v[at] - upTo);
  const floor = floorOf(v);
  if (v[R_OLD] <= Math.min(v[R_NEW], v[W_NEW])) v[R_OLD] = 0;
  if (v[W_OLD] <= Math.min(v[R_NEW], v[W_NEW])) v[W_OLD] = 0;
  if (v[REL] <= v[R_NEW]) v[REL] = 0;
  for (let at = HEAD; at < v.length; at += EACH) {
    for (let field = COH; field <= F_VIEW; field++) v[at + field] = Math.max(0, v[at + field] - upTo);
    if (v[at + COH] <= floor) v[at + COH] = 0;
    if (v[at + F_TIME] === 0 || v[at + F_TIME] <= v[R_NEW])
      v[at + F_TIME] = v[at + F_VIEW] = v[at + F_EXCLUSIVE] = 0;
  }
}

/** A store that nobody else looks at: it stands as early as it may, and takes part in what releases hold back. */
export function privateRelease(v: Int32Array): void {
  raise(v, REL, Math.max(v[R_OLD], v[W_OLD], v[CAP], v[W_NEW], v[R_NEW]));
}

/** An acquire of a word that nobody else looks at. */
export function privateAcquire(v: Int32Array): void {
  const view = Math.max(v[R_NEW], v[REL]);
  raise(v, R_NEW, view);
  raise(v, W_NEW, view);
}
