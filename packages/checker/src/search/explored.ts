/** What comes of a search, whoever made it: one thread, or several over one memory. */
import type { Automaton } from '../machine/automaton.ts';
import type { Buffers } from '../memory/buffers.ts';
import type { Memory } from '../memory/memory.ts';
import { exhaust, type Limits, type Progress } from './exhaust.ts';
import { persistent } from './reduce.ts';
import { type SearchMoves, valueAt } from './search-moves.ts';
import { symmetry } from './symmetry.ts';

/** Number of the value of a variable in the state at hand. */
export type Value = (variable: number) => number;

export interface ExploreOptions {
  readonly memory: Memory;
  readonly reduce: boolean;
  readonly limits: Limits;
  /** Called with each final state, in order; true: enough. */
  readonly onFinal: (value: Value) => boolean;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Explored {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly finals: number;
  readonly stuck: number;
  readonly passes: number;
  readonly bytes: number;
  readonly complete: boolean;
  /** Of its store buffers. */
  readonly stores: Buffers;
  /** A state of a search that knows the way to it; enough before a crash, a crash before one in which nobody goes on. */
  readonly found: {
    readonly kind: 'enough' | 'crash' | 'stuck';
    readonly search: SearchMoves;
    readonly state: number;
    readonly what: string;
  } | null;
}

/** By one thread. */
export function explored(
  automaton: Automaton,
  { memory, reduce, limits, onFinal, onProgress, order }: ExploreOptions & { readonly order: 'bfs' | 'dfs' },
): Explored {
  const done = exhaust(automaton, { memory, order, limits, ...(reduce && { reduce: persistent, symmetry }),
    ...(onProgress !== undefined && { onProgress }), onFinal: (search, state) => onFinal(valueAt(search, state)) });
  const { search, space, enough, crash, stuck } = done;
  const at = (kind: 'enough' | 'crash' | 'stuck', state: number, what = '') => ({ kind, search, state, what });
  return { states: space.count, transitions: done.transitions, depth: done.depth, finals: done.finals.length,
    stuck: stuck.length, passes: done.passes, bytes: space.bytes, complete: done.complete, stores: done.stores,
    found: enough !== null
      ? at('enough', enough)
      : crash !== null
      ? at('crash', crash.state, crash.what)
      : stuck.length > 0
      ? at('stuck', stuck[0])
      : null };
}
