/**
 * GUP threads that do the same are interchangeable: of the states that differ only in which of them stands where,
 * one is
 * enough. (Pages are no such thing, fork() walks them in order; page frames need no care, since each actor takes
 * them from a
 * pool of its own.)
 */
import type { Pair } from '../machine/exchange.ts';
import type { ReducibleMachine } from '../machine/machine.ts';
import type { Canonize, SearchMoves } from './search-moves.ts';
import { Again } from './space.ts';

/** null: there is nobody to exchange. */
export function symmetry(search: SearchMoves<ReducibleMachine>): Canonize | null {
  const pairs = search.automaton.pairs();
  const generations = pairs.map(({ generation }) => generation);
  if (pairs.length === 0) return null;
  return (exchanged) => {
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i];
      if (pair.isOutdated || pair.generation !== generations[i]) throw new Again();
      if (!standsLater(search, pair)) continue;
      change(search, pair);
      exchanged?.(pair.a, pair.b);
    }
  };
}

/** Whether the first of the two stands later than the second, in the drafted state. */
function standsLater({ space, base, memory, nrActors }: SearchMoves<ReducibleMachine>, pair: Pair): boolean {
  const draft = space.count;
  let order = space.get(draft, pair.a) - pair.place(1, space.get(draft, pair.b));
  for (let i = 0; order === 0 && i < pair.exchanged.length; i++) {
    const [one, other] = pair.exchanged[i];
    order = space.get(draft, base + one) - pair.paired(i, 1, space.get(draft, base + other));
  }
  if (order === 0 && memory === 'tso')
    order = space.get(draft, nrActors + pair.a) - space.get(draft, nrActors + pair.b);
  return order > 0;
}

function change({ space, base, memory, nrActors, stores }: SearchMoves<ReducibleMachine>, pair: Pair): void {
  const draft = space.count;
  const { a, b } = pair;
  const [placeA, placeB] = [space.get(draft, a), space.get(draft, b)];
  space.set(a, pair.place(1, placeB));
  space.set(b, pair.place(0, placeA));
  if (memory === 'tso') {
    for (let actor = 0; actor < nrActors; actor++) {
      const from = actor === a ? b : actor === b ? a : actor;
      if (from < actor) continue;
      const [own, theirs] = [space.get(draft, nrActors + actor), space.get(draft, nrActors + from)];
      space.set(nrActors + actor, pair.buffer(stores, theirs));
      if (from !== actor) space.set(nrActors + from, pair.buffer(stores, own));
    }
  }
  for (let i = 0; i < pair.exchanged.length; i++) {
    const [one, other] = pair.exchanged[i];
    const first = space.get(draft, base + one);
    space.set(base + one, pair.paired(i, 1, space.get(draft, base + other)));
    space.set(base + other, pair.paired(i, 0, first));
  }
}
