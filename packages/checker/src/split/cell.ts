/** One cell of a search that was cut into cells: from the states that led into it, as far as its two actors stay in it. */
import type { Automaton } from '../machine/automaton.ts';
import type { Memory } from '../memory/memory.ts';
import type { SearchMoves } from '../search/search-moves.ts';
import { Outgrown } from '../search/space.ts';
import { type Knowledge, knowledgeOf, type Pieces } from './pieces.ts';
import { brought, type Entry, portable, type PortableStates } from './portable.ts';

export interface CellAt {
  readonly i: number;
  readonly j: number;
}

export interface CellCame {
  readonly states: number;
  readonly transitions: number;
  readonly finals: number;
  readonly stuck: number;
  readonly crashes: number;
  /** Ends that the race calls broken. */
  readonly broken: number;
  readonly depth: number;
  /** Behind the cell, by `i j`. */
  readonly out: Readonly<Record<string, PortableStates>>;
  /** All that this process knows by now. */
  readonly knowledge: Knowledge;
}

export const cellKey = ({ i, j }: CellAt): string => `${i} ${j}`;

interface Search {
  readonly automaton: Automaton;
  readonly memory: Memory;
  readonly pieces: Pieces;
  /** Is an end broken, by the numbers of values there? */
  readonly isBroken: (search: SearchMoves, state: number) => boolean;
}

/** `into`: what other cells found behind them, and here. The first cell also has the state in which the race begins. */
export function searchCell(cell: CellAt, into: readonly PortableStates[], it: Search): CellCame {
  for (;;) {
    const { automaton } = it;
    const { corrections } = automaton;
    const came = new Cell(cell, into, it).run();
    // What was taken for private is not: what this pass did with it is void.
    if (automaton.corrections === corrections) return came;
  }
}

/** What a space says of state 0 when it is met again. */
const KNOWN_FIRST = -1;

class Cell {
  private readonly search: SearchMoves;
  private readonly entries: readonly Entry[];
  /** States of this cell by depth, and those behind it. */
  private readonly levels: number[][] = [];
  private readonly behind = new Map<string, Map<number, number>>();
  private begun = false;
  private readonly counts = { states: 0, transitions: 0, finals: 0, stuck: 0, crashes: 0, broken: 0, depth: 0 };
  /** By place of each of the two actors; -1: not looked up yet. */
  private readonly pieceOf: readonly [number[], number[]] = [[], []];

  constructor(private readonly cell: CellAt, into: readonly PortableStates[], private readonly it: Search) {
    ({ search: this.search, entries: this.entries } = brought(it.automaton, it.memory, into));
  }

  run(): CellCame {
    if (this.cell.i === 0 && this.cell.j === 0) this.met(0, 0);
    let next = 0;
    for (let depth = 0; depth < this.levels.length || next < this.entries.length; depth++) {
      for (; next < this.entries.length && this.entries[next].depth === depth; next++) this.enter(this.entries[next]);
      for (const state of this.levels[depth] ?? []) this.follow(state, depth);
    }
    const out = Object.fromEntries([...this.behind].map(([key, states]) => [key, portable(this.search, states)]));
    return { ...this.counts, out, knowledge: knowledgeOf(this.it.automaton) };
  }

  private enter({ depth, fields }: Entry): void {
    const number = this.grown(() => {
      const { space } = this.search;
      space.draft(-1);
      fields.forEach((value, field) => {
        if (value !== 0) space.set(field, value);
      });
      return space.keep(-1, 0);
    });
    // The state in which the race begins has a number before anything led to it.
    if (number >= 0 || (number === KNOWN_FIRST && !this.begun)) this.met(Math.max(number, 0), depth);
  }

  /** A state that is new: of this cell, or of one behind it. */
  private met(state: number, depth: number): void {
    if (state === 0) this.begun = true;
    const key = cellKey({ i: this.piece(0, state), j: this.piece(1, state) });
    if (key === cellKey(this.cell)) {
      this.counts.states++;
      this.counts.depth = Math.max(this.counts.depth, depth);
      (this.levels[depth] ??= []).push(state);
      return;
    }
    const states = this.behind.get(key) ?? new Map<number, number>();
    this.behind.set(key, states);
    states.set(state, depth);
  }

  /** A place that nobody knew stays in this cell: it is told, and the whole is begun anew. */
  private piece(which: 0 | 1, state: number): number {
    const { automaton, pieces } = this.it;
    const actor = pieces.actors[which];
    const place = this.search.space.get(state, actor);
    return this.pieceOf[which][place] ??= pieces.pieces[which].get(JSON.stringify(automaton.places[actor][place]))
      ?? (which === 0 ? this.cell.i : this.cell.j);
  }

  private follow(state: number, depth: number): void {
    const { nrActors } = this.search;
    const { counts } = this;
    let [moved, waiting] = [false, false];
    for (let a = 0; a < nrActors; a++) {
      const number = this.grown(() => this.search.leaf(state, a));
      const buffer = this.search.buffer(state, a);
      if (number >= 0) {
        waiting = true;
        if (this.search.goes(state, a, number, buffer)) {
          moved = true;
          counts.transitions++;
          this.reached(this.grown(() => this.search.step(state, a, number)), depth);
        }
      }
      if (buffer === 0) continue;
      moved = waiting = true;
      counts.transitions++;
      this.reached(this.grown(() => this.search.flush(state, a)), depth);
    }
    if (moved) return;
    if (!waiting) {
      counts.finals++;
      if (this.it.isBroken(this.search, state)) counts.broken++;
      return;
    }
    counts.stuck++;
    if (this.search.crashIn(state) !== null) counts.crashes++;
  }

  private reached(number: number, depth: number): void {
    if (number >= 0) this.met(number, depth + 1);
  }

  /** States keep their numbers when they move to a roomier layout. */
  private grown(work: () => number): number {
    for (;;) {
      try {
        return work();
      } catch (cause) {
        if (!(cause instanceof Outgrown)) throw cause;
        this.search.outgrow();
      }
    }
  }
}
