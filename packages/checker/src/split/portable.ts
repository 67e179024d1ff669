/**
 * States of a search for another process: what they stand for instead of the numbers that they have here. Each process
 * learns places, words and values in an order of its own.
 */
import type { Place } from '../machine/actor.ts';
import type { Automaton } from '../machine/automaton.ts';
import { SearchMoves } from '../search/search-moves.ts';
import type { Memory } from '../memory/memory.ts';

export interface PortableStates {
  /** By actor, as JSON. */
  readonly places: readonly (readonly string[])[];
  /** Stores that wait: words and values. */
  readonly buffers: readonly (readonly number[])[];
  readonly words: readonly number[];
  /** Each its depth, then a place for each actor, a buffer for each actor, and a value for each word. */
  readonly rows: readonly (readonly number[])[];
}

/** `depths` by state. */
export function portable(search: SearchMoves, depths: ReadonlyMap<number, number>): PortableStates {
  const { automaton, space, base, nrActors, memory, stores } = search;
  const places = automaton.actors.map((_, a) =>
    new Numbered<string>((number) => JSON.stringify(automaton.places[a][number]))
  );
  const buffers = new Numbered<readonly number[]>((number) => {
    const stored = stores.contents[number];
    return stored.map((
      part,
      at,
    ) => (at % 2 === 0 ? automaton.variables[part].word : automaton.variables[stored[at - 1]].values[part]));
  });
  const nrVariables = Math.min(automaton.variables.length, space.sizes.length - base);
  const words = automaton.variables.slice(0, nrVariables).map(({ word }) => word);
  const rows = [...depths].map(([state, depth]) => {
    const row = [depth];
    for (let a = 0; a < nrActors; a++) row.push(places[a].of(space.get(state, a)));
    for (let a = 0; a < nrActors; a++) row.push(memory === 'tso' ? buffers.of(space.get(state, nrActors + a)) : 0);
    for (let v = 0; v < nrVariables; v++) row.push(automaton.variables[v].values[space.get(state, base + v)]);
    return row;
  });
  return { places: places.map(({ texts }) => texts), buffers: memory === 'tso' ? buffers.texts : [], words, rows };
}

/** Numbers of here, numbered anew in the order in which they are met. */
class Numbered<Text> {
  readonly texts: Text[] = [];
  private readonly numbers = new Map<number, number>();

  constructor(private readonly told: (number: number) => Text) {}

  of(number: number): number {
    let own = this.numbers.get(number);
    if (own === undefined) {
      this.numbers.set(number, own = this.texts.length);
      this.texts.push(this.told(number));
    }
    return own;
  }
}

/** What a state is made of here, ready to be written into a space. */
export interface Entry {
  readonly depth: number;
  /** By field; what is not there is 0. */
  readonly fields: readonly number[];
}

/** A search that has room for all of them, and they as it numbers them, the least deep first. */
export function brought(
  automaton: Automaton,
  memory: Memory,
  all: readonly PortableStates[],
): { readonly search: SearchMoves; readonly entries: readonly Entry[] } {
  const here = all.map((states) => ({ states,
    places: states.places.map((texts, a) => texts.map((text) => automaton.placeId(a, JSON.parse(text) as Place))),
    variables: states.words.map((word) => automaton.variableFor(word)) })
  );
  const values = here.map(({ states, variables }) => {
    const first = 1 + 2 * automaton.actors.length;
    return states.rows.map((row) => variables.map((v, at) => automaton.valueNumber(v, row[first + at])));
  });
  const waiting = here.map(({ states }) =>
    states.buffers.map((stored) =>
      stored.map((part, at) => {
        const v = automaton.variableFor(stored[at - at % 2]);
        return at % 2 === 0 ? v : automaton.valueNumber(v, part);
      })
    )
  );
  // Now that all of it is known, there is room for it.
  const search = new SearchMoves(automaton, memory);
  const { nrActors, base } = search;
  const entries = here.flatMap(({ states, places, variables }, set) => {
    const buffers = waiting[set].map((stored) => search.stores.append(0, stored));
    return states.rows.map((row, at): Entry => {
      const fields = new Array<number>(base + automaton.variables.length).fill(0);
      for (let a = 0; a < nrActors; a++) fields[a] = places[a][row[1 + a]];
      if (memory === 'tso') { for (let a = 0; a < nrActors; a++) fields[nrActors + a] =
            buffers[row[1 + nrActors + a]]; }
      variables.forEach((v, index) => (fields[base + v] = values[set][at][index]));
      return { depth: row[0], fields };
    });
  });
  return { search, entries: entries.sort((a, b) => a.depth - b.depth) };
}
