/**
 * A search cut into cells, by how far two of its actors have come: a state is in one cell, whichever order led to it, and
 * no step leads back. So each cell is searched once, when those before it are through, and what the cells count adds up
 * to what one machine counts. What a cell learns that the others had to know makes the whole begin anew.
 */
import type { Automaton } from '../machine/automaton.ts';
import type { Memory } from '../memory/memory.ts';
import { exhaust } from '../search/exhaust.ts';

/** What all cells rely on. */
export interface Knowledge {
  /** Of the two actors that are cut: steps from place to place, as JSON. */
  readonly edges: readonly (readonly [actor: number, from: string, to: string])[];
  /** Words, and a bit for each actor that uses them. */
  readonly used: readonly (readonly [word: number, actors: number])[];
}

export interface Pieces {
  readonly actors: readonly [number, number];
  /** Of each of the two, by place: the piece. */
  readonly pieces: readonly [ReadonlyMap<string, number>, ReadonlyMap<string, number>];
  readonly known: ReadonlySet<string>;
}

/** States that are looked at before anything is cut. */
const LOOK_STATES = 60_000;

/** A first look: breadth first and depth first, so that beginnings and ends are met. */
export function look(automaton: Automaton, memory: Memory, maxStates = LOOK_STATES): Knowledge {
  for (const order of ['bfs', 'dfs'] as const)
    exhaust(automaton, { memory, order, limits: { maxStates, maxDepth: Infinity } });
  return knowledgeOf(automaton);
}

export function knowledgeOf(automaton: Automaton): Knowledge {
  const edges = automaton.leaves.flatMap(({ actor, from, to }) =>
    to < 0 || to === from
      ? []
      : [[actor, JSON.stringify(automaton.places[actor][from]), JSON.stringify(automaton.places[actor][to])] as const]
  );
  return { edges: [...new Map(edges.map((edge) => [edge.join(' '), edge])).values()],
    used: automaton.variables.map(({ word, actors }) => [word, actors] as const) };
}

/** null: the one adds nothing to the other. */
export function joined(one: Knowledge, other: Knowledge): Knowledge | null {
  const edges = new Map([...one.edges, ...other.edges].map((edge) => [edge.join(' '), edge]));
  const used = new Map(one.used);
  let isMore = edges.size > new Set(one.edges.map((edge) => edge.join(' '))).size;
  for (const [word, actors] of other.used) {
    const before = used.get(word) ?? 0;
    if ((before | actors) === before) continue;
    isMore = true;
    used.set(word, before | actors);
  }
  return isMore ? { edges: [...edges.values()], used: [...used] } : null;
}

/** The two actors that have most places are cut, each into `nr` pieces of as many places. */
export function cutInto(nr: number, nrActors: number, { edges }: Knowledge): Pieces {
  const ranks = Array.from({ length: nrActors }, (_, a) => ranksOf(edges.filter(([actor]) => actor === a)));
  const [a, b] = ranks.map((of, actor) => ({ actor, size: of.size })).sort((x, y) =>
    y.size - x.size || x.actor - y.actor
  )
    .map(({ actor }) => actor);
  return { actors: [a, b], pieces: [pieceOf(ranks[a], nr), pieceOf(ranks[b], nr)],
    known: new Set(edges.map((edge) => edge.join(' '))) };
}

/** Of alike places as many in each piece; places of one rank stay together. */
function pieceOf(ranks: ReadonlyMap<string, number>, nr: number): ReadonlyMap<string, number> {
  const sorted = [...ranks.values()].sort((a, b) => a - b);
  const bounds = Array.from({ length: nr - 1 }, (_, at) => sorted[Math.floor((at + 1) * sorted.length / nr)]);
  return new Map([...ranks].map(([place, rank]) => [place, bounds.filter((bound) => rank >= bound).length]));
}

/**
 * The longest way to each place, circles taken as one: it never goes down along a step. Found by going on until nothing
 * rises; what goes round in a circle rises for ever and is held at the size of it all, which all of the circle reaches.
 */
function ranksOf(edges: Knowledge['edges']): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  for (const [, from, to] of edges) for (const place of [from, to]) ranks.set(place, 0);
  const most = ranks.size;
  for (let rises = true; rises;) {
    rises = false;
    for (const [, from, to] of edges) {
      const rank = Math.min(most, (ranks.get(from) as number) + 1);
      if (rank <= (ranks.get(to) as number)) continue;
      ranks.set(to, rank);
      rises = true;
    }
  }
  return ranks;
}
