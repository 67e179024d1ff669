/** A state of a race on ARMv8: the stores in their order, and what each actor knows of them. */
import { floorOf, makeRoom, renumber, settle, type Stores } from '../memory/views.ts';

export interface WeakState {
  readonly places: Int32Array;
  readonly views: readonly Int32Array[];
  /** Of the latest entry that an actor read: addresses of pages come from there. */
  readonly pointers: Int32Array;
  /** Of words that one actor alone looks at, and what shared words held before the stores. */
  readonly values: Int32Array;
  /** Triples: number of the word among the shared ones, number of its value, actor. */
  readonly stores: readonly number[];
  /** Triples: a word, and the times after and up to which no store of it may come to stand any more. */
  readonly closed: readonly number[];
}

export const copyOf = (s: WeakState): WeakState & { stores: number[]; closed: number[] } => ({
  places: s.places.slice(),
  views: s.views.map((v) => v.slice()),
  pointers: s.pointers.slice(),
  values: s.values.slice(),
  stores: [...s.stores],
  closed: [...s.closed],
});

export const storesOf = ({ stores }: WeakState): Stores => ({ length: stores.length / 3,
  word: (time) => stores[3 * (time - 1)], thread: (time) => stores[3 * (time - 1) + 2] });

/** Makes a store stand at a time; what stood there is one later. */
export function insert(s: ReturnType<typeof copyOf>, time: number, word: number, value: number, actor: number): void {
  if (time <= s.stores.length / 3) {
    for (const v of s.views) makeRoom(v, time);
    for (let a = 0; a < s.pointers.length; a++) if (s.pointers[a] >= time) s.pointers[a]++;
    for (let i = 0; i < s.closed.length; i += 3) {
      if (s.closed[i + 1] >= time) s.closed[i + 1]++;
      if (s.closed[i + 2] >= time) s.closed[i + 2]++;
    }
  }
  s.stores.splice(3 * (time - 1), 0, word, value, actor);
}

export function isOpen({ closed }: WeakState, word: number, time: number): boolean {
  for (let i = 0; i < closed.length; i += 3)
    if (closed[i] === word && closed[i + 1] < time && time <= closed[i + 2]) return false;
  return true;
}

/** Forgets the stores that everybody has to know of. `goes`: actors that are not through. */
export function settled(
  s: ReturnType<typeof copyOf>,
  goes: (actor: number) => boolean,
  variables: readonly number[],
  isDead: (slot: number) => boolean,
): void {
  bury(s, variables, isDead);
  let upTo = s.stores.length / 3;
  s.views.forEach((v, a) => {
    if (goes(a)) upTo = Math.min(upTo, floorOf(v));
    else v.fill(0);
  });
  for (let time = 1; time <= upTo; time++) s.values[variables[s.stores[3 * (time - 1)]]] = s.stores[3 * (time - 1) + 1];
  s.stores.splice(0, 3 * upTo);
  for (const v of s.views) settle(v, upTo);
  for (let a = 0; a < s.pointers.length; a++) s.pointers[a] = goes(a) ? Math.max(0, s.pointers[a] - upTo) : 0;
  const left: (readonly [number, number, number])[] = [];
  for (let i = 0; i < s.closed.length; i += 3) {
    const [from, to] = [Math.max(0, s.closed[i + 1] - upTo), s.closed[i + 2] - upTo];
    if (to > from) left.push([s.closed[i], from, to]);
  }
  left.sort((x, y) => x[0] - y[0] || x[1] - y[1] || x[2] - y[2]);
  s.closed.length = 0;
  left.forEach((each, at) => {
    // One that lies in another says nothing.
    if (!left.some((other, nr) =>
      nr !== at && other[0] === each[0] && other[1] <= each[1] && other[2] >= each[2]
      && (nr < at || other[1] !== each[1] || other[2] !== each[2])
    )) s.closed.push(...each);
  });
}

/**
 * Stores of words that nobody will look at or store to again leave the list: what is between two others stays so, and
 * nothing else is told by their times.
 */
function bury(s: ReturnType<typeof copyOf>, variables: readonly number[], isDead: (slot: number) => boolean): void {
  let nr = 0;
  const times = [0];
  const left: number[] = [];
  for (let at = 0; at < s.stores.length; at += 3) {
    if (isDead(s.stores[at])) s.values[variables[s.stores[at]]] = s.stores[at + 1];
    else {
      nr++;
      left.push(s.stores[at], s.stores[at + 1], s.stores[at + 2]);
    }
    times.push(nr);
  }
  if (left.length === s.stores.length) return;
  s.stores.splice(0, s.stores.length, ...left);
  for (const v of s.views) renumber(v, times, isDead);
  for (let a = 0; a < s.pointers.length; a++) s.pointers[a] = times[s.pointers[a]];
  for (let i = 0; i < s.closed.length; i += 3) {
    if (isDead(s.closed[i])) s.closed[i + 1] = s.closed[i + 2] = 0;
    else {
      s.closed[i + 1] = times[s.closed[i + 1]];
      s.closed[i + 2] = times[s.closed[i + 2]];
    }
  }
}

/** Numbers are small, and one that is below zero stands in no other's place. */
export function keyOf(s: WeakState): string {
  const all: number[] = [s.stores.length, s.closed.length];
  for (const list of [s.places, ...s.views, s.pointers, s.values, s.stores, s.closed])
    for (let i = 0; i < list.length; i++) all.push(list[i]);
  return String.fromCharCode(...all);
}
