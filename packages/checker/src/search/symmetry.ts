/**
 * GUP threads that do the same are interchangeable: of the states that differ only in which of them stands where, one
 * is enough. Exchanging two of them means to exchange their places and the words that belong to their pins. (Pages are
 * no such thing, fork() walks them in order; page frames need no care, since each actor takes them from a pool of its
 * own.)
 *
 * A thread that takes frames of its own, to break COW on the slow path, leaves their numbers in page tables and is not
 * exchanged with another.
 */
import { PIN } from '@cowlab/core';
import type { WatchedWorld } from '../machine/words.ts';
import { POOL_FRAMES, POOL_START } from '../machine/words.ts';
import type { Automaton } from './automaton.ts';
import type { SearchMoves } from './search-moves.ts';
import { Again } from './space.ts';

/** Makes the drafted state the one that stands for all that are like it. */
export type Canonize = () => void;

/** null: there is nobody to exchange. */
export function symmetry(search: SearchMoves): Canonize | null {
  const pairs = pairsOf(search.automaton);
  if (pairs.length === 0) return null;
  return () => {
    for (const pair of pairs) pair.settle(search);
  };
}

function pairsOf(automaton: Automaton): Pair[] {
  const pairs: Pair[] = [];
  automaton.actors.forEach(({ alike }, b) => {
    if (alike === null || takesFrames(automaton, b)) return;
    for (let a = 0; a < b; a++) {
      const other = automaton.actors[a].alike;
      if (other !== null && other.kind === alike.kind && !takesFrames(automaton, a))
        pairs.push(new Pair(automaton, a, b));
    }
  });
  return pairs;
}

function takesFrames(automaton: Automaton, a: number): boolean {
  const first = POOL_START + a * POOL_FRAMES;
  return automaton.leaves.some(({ actor, writes }) =>
    actor === a && writes.some((v, i) => {
      if (i % 2 === 1) return false;
      const { name, index } = automaton.watched.section(automaton.variables[v].word);
      return name === 'meta' && index >= first && index < first + POOL_FRAMES;
    })
  );
}

class Pair {
  /** Variables that change places, as pairs: one of `a`'s, one of `b`'s. */
  private readonly exchanged: (readonly [number, number])[];
  private readonly twins: [Int32Array, Int32Array] = [new Int32Array(0), new Int32Array(0)];
  private readonly values: (readonly [Int32Array, Int32Array])[];

  constructor(private readonly automaton: Automaton, private readonly a: number, private readonly b: number) {
    const { watched } = automaton;
    const [pinA, pinB] = [a, b].map((actor) => automaton.actors[actor].alike?.pin ?? -1);
    const words = [...wordsOf(watched, pinA)].map((word, i) => [word, [...wordsOf(watched, pinB)][i]] as const);
    this.exchanged = words.map(([one, other]) => [automaton.variable(one), automaton.variable(other)] as const).filter((
      [one, other],
    ) => one >= 0 || other >= 0);
    this.values = this.exchanged.map(() => [new Int32Array(8).fill(-1), new Int32Array(8).fill(-1)] as const);
  }

  /** Exchange the two in the drafted state when the first stands later than the second. */
  settle(search: SearchMoves): void {
    const { a, b } = this;
    const { space } = search;
    const draft = space.count;
    const placeA = space.get(draft, a);
    const placeB = space.get(draft, b);
    const asA = this.twin(1, placeB);
    let order = placeA - asA;
    for (let i = 0; order === 0 && i < this.exchanged.length; i++) {
      const [one, other] = this.exchanged[i];
      order = this.read(search, draft, one) - this.value(i, 1, this.read(search, draft, other));
    }
    if (order <= 0) return;
    space.set(a, asA);
    space.set(b, this.twin(0, placeA));
    if (search.memory === 'tso') {
      const [first, second] = [search.buffer(draft, a), search.buffer(draft, b)];
      space.set(search.nrActors + a, second);
      space.set(search.nrActors + b, first);
    }
    for (let i = 0; i < this.exchanged.length; i++) {
      const [one, other] = this.exchanged[i];
      const [first, second] = [this.read(search, draft, one), this.read(search, draft, other)];
      if (one >= 0) space.set(search.base + one, this.value(i, 1, second));
      if (other >= 0) space.set(search.base + other, this.value(i, 0, first));
    }
  }

  private read({ space, base }: SearchMoves, state: number, v: number): number {
    return v < 0 ? 0 : space.get(state, base + v);
  }

  /** Place of the other one (`side` 0: of `a`'s place among `b`'s). */
  private twin(side: 0 | 1, place: number): number {
    let known = this.twins[side];
    if (place >= known.length) {
      known = new Int32Array(Math.max(64, place * 2)).fill(-1);
      known.set(this.twins[side]);
      this.twins[side] = known;
    }
    if (known[place] < 0)
      known[place] = side === 0
        ? this.automaton.twin(this.a, place, this.b)
        : this.automaton.twin(this.b, place, this.a);
    return known[place];
  }

  /** Number that the value of pair `i` has on the other side. */
  private value(i: number, side: 0 | 1, number: number): number {
    const known = this.values[i][side];
    if (number < known.length && known[number] >= 0) return known[number];
    const from = this.exchanged[i][side];
    const to = this.exchanged[i][1 - side];
    if (to < 0 || from < 0) {
      if (number === 0) return 0;
      // One of the two has just used this word for the first time.
      throw new Again();
    }
    const twin = this.automaton.valueNumber(to, this.automaton.variables[from].values[number]);
    if (number < known.length) known[number] = twin;
    return twin;
  }
}

/** What belongs to a pin: its record, the list of its frames, whether it is granted. */
function* wordsOf(watched: WatchedWorld, pin: number): Generator<number> {
  const { pins } = watched.world;
  const list = pins.get(pin, PIN.PFNS);
  for (let field = 0; field < PIN.WIDTH; field++) yield watched.wordOf('pin', pin * PIN.WIDTH + field);
  for (let i = 0; i < pins.get(pin, PIN.NR); i++) yield watched.wordOf('heap', list + i);
  yield watched.wordOf('flag', pin);
}
