/**
 * Partial order reduction. Where one actor's next move touches nothing that any other actor may still change, and
 * changes nothing that any other may still touch, following that actor alone loses no final state and no deadlock: the
 * others' moves can wait, in whatever order they come (a persistent set of one process).
 *
 * What an actor "may still touch" is the union over all steps known to be reachable from its place. Knowing too little
 * does no harm as long as the whole pass learns nothing new. For suppose that a move m of another actor, dependent on
 * the one that was followed, had been left out of account; take the shortest such run. Everything before m commutes
 * with the followed step, so the reduced search, which is right for the shorter runs that are left after that step,
 * brings the other actor to the same place, with the same words but those that the followed step wrote; its step there
 * reads up to the first of them as m does, and is thus among the known steps. `exhaust` makes the pass again until
 * nothing new is learnt. (Runs are finite here: no actor spins. A lock that is held is waited for, which is no move,
 * and what a waiting step reads counts.)
 */
import type { SearchMoves } from './search-moves.ts';
import { waits } from './moves.ts';

/** Sets are made anew when so much more has been learnt; until then states that need it are followed whole. */
const GROWTH = 1.05;

/** For each state the one actor to follow, or -1 for all. */
export function persistent(search: SearchMoves): (state: number) => number {
  let choose = choice(search);
  let known = search.automaton.leaves.length;
  return (state) => {
    const chosen = choose(state);
    if (chosen !== UNKNOWN) return chosen;
    if (search.automaton.leaves.length < known * GROWTH) return -1;
    choose = choice(search);
    known = search.automaton.leaves.length;
    return Math.max(choose(state), -1);
  };
}

/** The state leads to what was learnt after the sets were made. */
const UNKNOWN = -2;

function choice(search: SearchMoves): (state: number) => number {
  const { automaton, nrActors, memory, stores } = search;
  const { leaves, places, variables } = automaton;
  // One more bit: what waits for other CPUs to empty their buffers depends on all that fills and empties them.
  const anyBuffer = variables.length;
  const width = Math.max(1, Math.ceil((variables.length + 1) / 32));
  const bit = (set: Int32Array, base: number, v: number): void => {
    set[base + (v >> 5)] |= 1 << (v & 31);
  };
  const reads = new Int32Array(leaves.length * width);
  const writes = new Int32Array(leaves.length * width);
  const futureReads = places.map((of) => new Int32Array(of.length * width));
  const futureWrites = places.map((of) => new Int32Array(of.length * width));
  leaves.forEach((leaf, i) => {
    for (const word of leaf.reads) {
      const v = automaton.variable(word);
      if (v >= 0) bit(reads, i * width, v);
    }
    if (memory === 'tso' && leaf.acknowledged) bit(writes, i * width, anyBuffer);
    if (memory === 'tso' && leaf.buffered.length > 0) bit(reads, i * width, anyBuffer);
    for (const list of [leaf.writes, leaf.buffered])
      for (let at = 0; at < list.length; at += 2) bit(writes, i * width, list[at]);
  });
  for (let changed = true; changed;) {
    changed = false;
    // Later leaves lead further: going backwards settles nearly all in one round.
    for (let i = leaves.length - 1; i >= 0; i--) {
      const { actor, from, to } = leaves[i];
      for (let word = 0; word < width; word++) {
        const at = from * width + word;
        const r = futureReads[actor][at] | reads[i * width + word]
          | (to < 0 ? 0 : futureReads[actor][to * width + word]);
        const w = futureWrites[actor][at] | writes[i * width + word]
          | (to < 0 ? 0 : futureWrites[actor][to * width + word]);
        if (r === futureReads[actor][at] && w === futureWrites[actor][at]) continue;
        futureReads[actor][at] = r;
        futureWrites[actor][at] = w;
        changed = true;
      }
    }
  }
  /** Stores that wait in a buffer are still to be made. */
  const pending: Int32Array[] = [];
  const pendingOf = (buffer: number): Int32Array => {
    const known = pending[buffer];
    if (known !== undefined) return known;
    const set = new Int32Array(width);
    const stored = stores.contents[buffer];
    for (let at = 0; at < stored.length; at += 2) bit(set, 0, stored[at]);
    return (pending[buffer] = set);
  };
  const nothing = new Int32Array(width);
  const known = leaves.length;
  return (state) => {
    for (let a = 0; a < nrActors; a++) {
      const leaf = search.leaf(state, a);
      // Learnt in this pass, which will be made again.
      if (leaf >= known) return UNKNOWN;
      const buffer = memory === 'tso' ? search.buffer(state, a) : 0;
      const goes = leaf >= 0 && leaves[leaf].to >= 0 && !waits(leaves[leaf], buffer, stores)
        && !(leaves[leaf].acknowledged && search.isUnanswered(state, a));
      if (!goes && buffer === 0) continue;
      const own = buffer === 0 ? nothing : pendingOf(buffer);
      let alone = true;
      for (let b = 0; b < nrActors && alone; b++) {
        if (b === a) continue;
        const place = search.space.get(state, b);
        if (place * width >= futureReads[b].length) return UNKNOWN;
        const theirs = memory === 'tso' ? pendingOf(search.buffer(state, b)) : nothing;
        for (let word = 0; word < width; word++) {
          const r = (leaf < 0 ? 0 : reads[leaf * width + word])
            | (buffer !== 0 && word === anyBuffer >> 5 ? 1 << (anyBuffer & 31) : 0);
          const w = own[word] | (leaf < 0 ? 0 : writes[leaf * width + word]);
          const fr = futureReads[b][place * width + word];
          const fw = futureWrites[b][place * width + word] | theirs[word];
          if ((w & (fr | fw)) !== 0 || (r & fw) !== 0) {
            alone = false;
            break;
          }
        }
      }
      if (alone) return a;
    }
    return -1;
  };
}
