/**
 * Partial order reduction. Where one actor's next move touches nothing that any other actor may still change, and
 * changes
 * nothing that any other may still touch, following that actor alone loses no final state and no deadlock: the others'
 * moves can wait, in whatever order they come (a persistent set of one process).
 *
 * What an actor "may still touch" is the union over all steps known to be reachable from its place (`Futures`).
 * Knowing too
 * little does no harm as long as the whole pass learns nothing new. For suppose that a move m of another actor,
 * dependent on
 * the one that was followed, had been left out of account; take the shortest such run. Everything before m commutes
 * with the
 * followed step, so the reduced search, which is right for the shorter runs that are left after that step, brings
 * the other
 * actor (or one that is like it) to the same place, with the same words but those that the followed step wrote; its
 * step there
 * reads up to the first of them as m does, and is thus among the known steps. `exhaust` makes the pass again until
 * nothing new
 * is learnt. (A lock that is held is waited for, which is no move, and what a waiting step reads counts.)
 */
import { Futures } from './futures.ts';
import type { ReducibleMachine } from '../machine/machine.ts';
import type { SearchMoves } from './search-moves.ts';

export interface Reduction {
  /** For each state the one actor to follow, or -1 for all. */
  readonly choose: (state: number) => number;
}

/** Sets are made anew when so much more has been learnt; until then states that need it are followed whole. */
const GROWTH = 1.05;
/** The state leads to what was learnt after the sets were made. */
const UNKNOWN = -2;

export function persistent(search: SearchMoves<ReducibleMachine>): Reduction {
  let futures = new Futures(search.automaton, search.memory);
  let choose = choice(search, futures);
  let known = search.automaton.leaves.length;
  // An actor that has come to where it may come again has to let the others go on, too.
  const one = (state: number, chosen: number): number =>
    chosen >= 0 && !futures.circles(chosen, search.space.get(state, chosen)) ? chosen : -1;
  return {
    choose: (state) => {
      const chosen = choose(state);
      if (chosen !== UNKNOWN) return one(state, chosen);
      if (search.automaton.leaves.length < known * GROWTH) return -1;
      futures = new Futures(search.automaton, search.memory);
      choose = choice(search, futures);
      known = search.automaton.leaves.length;
      return one(state, choose(state));
    },
  };
}

function choice(search: SearchMoves<ReducibleMachine>, futures: Futures): (state: number) => number {
  const { automaton, nrActors, memory, stores } = search;
  const { leaves } = automaton;
  const { width, anyBuffer } = futures;
  const { reads: stepReads, writes: stepWrites } = futures.steps;
  const allReads = automaton.actors.map((_, a) => futures.reads(a));
  const allWrites = automaton.actors.map((_, a) => futures.writes(a));
  /** Stores that wait in a buffer are still to be made. */
  const pending: Int32Array[] = [];
  const pendingOf = (buffer: number): Int32Array => {
    const known = pending[buffer];
    if (known !== undefined) return known;
    const set = new Int32Array(width);
    const stored = stores.contents[buffer];
    for (let at = 0; at < stored.length; at += 2) set[stored[at] >> 5] |= 1 << (stored[at] & 31);
    return (pending[buffer] = set);
  };
  const nothing = new Int32Array(width);
  const known = leaves.length;
  const isApart = (state: number, b: number, leaf: number, own: Int32Array, buffer: number): boolean | null => {
    const place = search.space.get(state, b);
    const futureReads = allReads[b];
    const futureWrites = allWrites[b];
    if (place * width >= futureReads.length) return null;
    const theirs = memory === 'tso' ? pendingOf(search.buffer(state, b)) : nothing;
    for (let word = 0; word < width; word++) {
      const r = (leaf < 0 ? 0 : stepReads[leaf * width + word])
        | (buffer !== 0 && word === anyBuffer >> 5 ? 1 << (anyBuffer & 31) : 0);
      const w = own[word] | (leaf < 0 ? 0 : stepWrites[leaf * width + word]);
      const fr = futureReads[place * width + word];
      const fw = futureWrites[place * width + word] | theirs[word];
      if ((w & (fr | fw)) !== 0 || (r & fw) !== 0) return false;
    }
    return true;
  };
  return (state) => {
    for (let a = 0; a < nrActors; a++) {
      const leaf = search.leaf(state, a);
      // Learnt in this pass, which will be made again.
      if (leaf >= known) return UNKNOWN;
      const buffer = memory === 'tso' ? search.buffer(state, a) : 0;
      const goes = leaf >= 0 && search.goes(state, a, leaf, buffer);
      if (!goes && buffer === 0) continue;
      const own = buffer === 0 ? nothing : pendingOf(buffer);
      let alone: boolean | null = true;
      for (let b = 0; b < nrActors && alone === true; b++) if (b !== a) alone = isApart(state, b, leaf, own, buffer);
      if (alone === null) return UNKNOWN;
      if (alone) return a;
    }
    return -1;
  };
}
