/**
 * What is known of the actors' steps as plain data, for threads that have no kernel of their own: where something is
 * missing they stop, and the one that has the kernel learns it for all.
 */
import type { Automaton, Leaf } from '../machine/automaton.ts';
import type { Pair } from '../machine/exchange.ts';
import type { ReducibleMachine } from '../machine/machine.ts';
import { Buffers } from '../memory/buffers.ts';
import { Stop } from './shared-table.ts';

interface PairData {
  readonly a: number;
  readonly b: number;
  readonly exchanged: readonly (readonly [number, number])[];
  /** Of each side: what each place is on the other; and for each of the exchanged variables its values. */
  readonly places: readonly [readonly number[], readonly number[]];
  readonly values: readonly (readonly [readonly number[], readonly number[]])[];
}

export interface Snapshot {
  readonly names: readonly string[];
  readonly nrVariables: number;
  /** Of each actor. */
  readonly nrPlaces: readonly number[];
  readonly ends: readonly (readonly boolean[])[];
  readonly roots: readonly Int32Array[];
  readonly neighbours: readonly (readonly number[])[];
  readonly nodeVariable: Int32Array;
  readonly nodeChildren: Int32Array;
  readonly children: Int32Array;
  readonly leaves: readonly Leaf[];
  readonly pairs: readonly PairData[];
  readonly buffers: readonly (readonly number[])[];
}

/** `reduce`: with what reductions need. */
export function snapshotOf(automaton: Automaton, buffers: Buffers, reduce: boolean): Snapshot {
  const pairs = reduce ? pairsOf(automaton) : [];
  return { names: automaton.actors.map(({ name }) => name), nrVariables: automaton.variables.length,
    nrPlaces: automaton.places.map(({ length }) => length), ends: automaton.ends, roots: automaton.roots,
    neighbours: automaton.actors.map((_, a) => automaton.neighbours(a)), nodeVariable: automaton.nodeVariable,
    nodeChildren: automaton.nodeChildren, children: automaton.children,
    leaves: automaton.leaves.map(({ reads, facts: _facts, values: _values, ...leaf }) => ({ ...leaf, facts: [],
      values: [], reads: reduce ? reads.map((word) => automaton.variable(word)).filter((v) => v >= 0) : [] })
    ), pairs, buffers: buffers.contents };
}

/** To say what stands for what can make places and values known that nobody has come to: until there are no more. */
function pairsOf(automaton: Automaton): readonly PairData[] {
  const nrKnown = (): number =>
    automaton.variables.reduce((sum, { values }) => sum + values.length, automaton.variables.length)
    + automaton.places.reduce((sum, { length }) => sum + length, 0);
  for (;;) {
    const before = nrKnown();
    const pairs = automaton.pairs().map((pair): PairData => ({ a: pair.a, b: pair.b, exchanged: pair.exchanged,
      places: [automaton.places[pair.a].map((_, place) => pair.place(0, place)),
        automaton.places[pair.b].map((_, place) => pair.place(1, place))],
      values: pair.exchanged.map((of, i) => [automaton.variables[of[0]].values.map((_, n) =>
        pair.paired(i, 0, n)
      ), automaton.variables[of[1]].values.map((_, n) =>
        pair.paired(i, 1, n)
      )]) })
    );
    if (nrKnown() === before)
      return pairs;
  }
}

export class SnapshotMachine implements ReducibleMachine {
  readonly actors: readonly { readonly name: string }[];
  readonly variables: readonly { readonly values: readonly number[] }[];
  readonly leaves: readonly Leaf[];
  readonly places: readonly { readonly length: number }[];
  readonly ends: readonly (readonly boolean[])[];
  readonly version = 0;
  readonly corrections = 0;
  settled = true;
  readonly roots: readonly Int32Array[];
  readonly nodeVariable: Int32Array;
  readonly nodeChildren: Int32Array;
  readonly children: Int32Array;
  private readonly kin: readonly Pair[];

  constructor(private readonly known: Snapshot) {
    this.actors = known.names.map((name) => ({ name }));
    this.variables = Array.from({ length: known.nrVariables }, () => ({ values: [] }));
    this.leaves = known.leaves;
    this.places = known.nrPlaces.map((length) => ({ length }));
    this.ends = known.ends;
    this.roots = known.roots;
    this.nodeVariable = known.nodeVariable;
    this.nodeChildren = known.nodeChildren;
    this.children = known.children;
    this.kin = known.pairs.map((pair) => new KnownPair(pair));
  }

  learn(actor: number, place: number, values: Int32Array): number {
    throw new Stop({ kind: 'learn', actor, place, values: values.slice() });
  }

  neighbours(a: number): readonly number[] {
    return this.known.neighbours[a];
  }

  /** Words of these leaves are numbers of variables. */
  variable(word: number): number {
    return word;
  }

  pairs(): readonly Pair[] {
    return this.kin;
  }
}

class KnownPair implements Pair {
  readonly a: number;
  readonly b: number;
  readonly exchanged: PairData['exchanged'];
  readonly generation = 0;
  readonly isOutdated = false;
  /** Of an exchanged variable: which pair it is of, and on which side. */
  private readonly at = new Map<number, readonly [number, 0 | 1]>();

  constructor(private readonly data: PairData) {
    this.a = data.a;
    this.b = data.b;
    this.exchanged = data.exchanged;
    data.exchanged.forEach(([one, other], i) => this.at.set(one, [i, 0]).set(other, [i, 1]));
  }

  place(side: 0 | 1, place: number): number {
    return this.data.places[side][place];
  }

  variable(v: number): number {
    const [i, side] = this.at.get(v) ?? [-1, 0];
    return i < 0 ? v : this.exchanged[i][1 - side];
  }

  paired(i: number, side: 0 | 1, number: number): number {
    return this.data.values[i][side][number];
  }

  buffer(stores: Buffers, buffer: number): number {
    const held = stores.contents[buffer];
    if (!held.some((v, i) => i % 2 === 0 && this.at.has(v))) return buffer;
    return stores.number(held.map((each, i) => {
      const [pair, side] = this.at.get(held[i - (i % 2)]) ?? [-1, 0];
      return pair < 0 ? each : i % 2 === 0 ? this.exchanged[pair][1 - side] : this.paired(pair, side, each);
    }));
  }
}

/** Numbers that all threads give alike: a new one is for the thread to give that has the kernel. */
export class KnownBuffers extends Buffers {
  constructor(contents: readonly (readonly number[])[]) {
    super();
    for (const stores of contents.slice(1)) super.number(stores);
  }

  override number(stores: readonly number[]): number {
    const known = this.numbers.get(stores.join());
    if (known === undefined) throw new Stop({ kind: 'buffer', stores: [...stores] });
    return known;
  }
}
