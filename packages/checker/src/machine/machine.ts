/**
 * What a search has to know of those that act: where each may stand, and for each place a tree that asks for the
 * values of variables and ends in what is then done. Core's own paths are one (`automaton.ts`), the few instructions
 * of a litmus test another: the memory models in between are the same.
 */
import type { Leaf } from './automaton.ts';
import type { Pair } from './exchange.ts';

export interface Machine {
  readonly actors: readonly { readonly name: string }[];
  readonly variables: readonly { readonly values: readonly number[] }[];
  readonly leaves: readonly Leaf[];
  readonly places: readonly { readonly length: number }[];
  readonly ends: readonly (readonly boolean[])[];
  /** Changes when something was learnt that a search may have relied on. */
  readonly version: number;
  readonly corrections: number;
  settled: boolean;
  /** Trees: a code per place. 0 nothing known, n > 0 node n - 1, n < 0 leaf -n - 1. */
  readonly roots: readonly Int32Array[];
  readonly nodeVariable: Int32Array;
  readonly nodeChildren: Int32Array;
  readonly children: Int32Array;
  /** The leaf of actor `a`'s step at a place, for these values. */
  learn(a: number, from: number, values: Int32Array): number;
  /** The other actors whose CPUs run in the memory of actor `a`. */
  neighbours(a: number): readonly number[];
}

/** One of which reductions know enough. */
export interface ReducibleMachine extends Machine {
  /** Number of the variable that a word of a leaf is, or -1. */
  variable(word: number): number;
  /** The actors that may be exchanged, two by two. */
  pairs(): readonly Pair[];
}
