/** The moves that lead to a state of a search, as they would have to be made. */
import type { SearchMoves } from './search-moves.ts';
import { FLUSH } from './space.ts';

/**
 * A search that keeps one of the states that are alike has exchanged actors on the way: what it says of one of them
 * is then
 * done by the one that stands there.
 */
export function wayTo(search: SearchMoves, state: number): readonly number[] {
  const { parent, via } = search.space;
  const states: number[] = [];
  for (let at = state; parent[at] >= 0; at = parent[at]) states.push(at);
  states.reverse();
  const standing = search.automaton.actors.map((_, a) => a);
  search.onExchange = (a, b) => {
    [standing[a], standing[b]] = [standing[b], standing[a]];
  };
  try {
    return states.map((at) => {
      const move = via[at];
      const actor = move % FLUSH;
      const moves = standing[actor] + (move >= FLUSH ? FLUSH : 0);
      if (search.canonize !== null) makeAgain(search, parent[at], actor, move >= FLUSH);
      return moves;
    });
  } finally {
    search.onExchange = undefined;
  }
}

function makeAgain(search: SearchMoves, from: number, actor: number, flush: boolean): void {
  if (flush) search.flush(from, actor);
  else search.step(from, actor, search.leaf(from, actor));
}
