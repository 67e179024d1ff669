/**
 * What each actor may still touch from each of its places, as far as is known: which variables the steps that may be
 * reached
 * from there read and write, as sets of bits. Of those that are alike each may do what any of them was seen to do: a
 * search
 * that exchanges them meets only one of them at it.
 */
import type { Pair } from '../machine/exchange.ts';
import type { ReducibleMachine } from '../machine/machine.ts';
import type { Memory } from '../memory/memory.ts';

interface Sets {
  readonly reads: Int32Array;
  readonly writes: Int32Array;
}

/** A step that an actor may take, whichever way it was learnt, and where the sets have what it touches. */
interface Edge {
  readonly actor: number;
  readonly from: number;
  readonly to: number;
  readonly sets: Sets;
  readonly at: number;
}

export class Futures {
  /** Words of 32 bits for a set of variables. */
  readonly width: number;
  /** One more bit: what waits for other CPUs to empty their buffers depends on all that fills and empties them. */
  readonly anyBuffer: number;
  /** Of single steps, `width` words for each leaf. */
  readonly steps: Sets;
  private readonly futures: readonly Sets[];
  private readonly edges: readonly Edge[];
  private readonly circling: Uint8Array[] = [];

  constructor(automaton: ReducibleMachine, memory: Memory) {
    const { leaves, actors } = automaton;
    const exchanges = automaton.pairs();
    this.anyBuffer = automaton.variables.length;
    this.width = Math.max(1, Math.ceil((automaton.variables.length + 1) / 32));
    this.steps = this.stepSets(automaton, memory, leaves.map((_, i) => i), (v) => v);
    const edges: Edge[] = leaves.map(({ actor, from, to }, i) => ({ actor, from, to, sets: this.steps,
      at: i * this.width })
    );
    for (const exchange of exchanges) for (const edge of this.twinEdges(automaton, memory, exchange)) edges.push(edge);
    this.futures = actors.map((_, a) => ({ reads: new Int32Array(automaton.places[a].length * this.width),
      writes: new Int32Array(automaton.places[a].length * this.width) })
    );
    this.spread(edges);
    this.edges = edges;
  }

  reads(actor: number): Int32Array {
    return this.futures[actor].reads;
  }

  writes(actor: number): Int32Array {
    return this.futures[actor].writes;
  }

  circles(actor: number, place: number): boolean {
    this.circling[actor] ??= circlesOf(this.futures[actor].reads.length / this.width,
      this.edges.filter((edge) => edge.actor === actor));
    return place >= this.circling[actor].length || this.circling[actor][place] === 1;
  }

  private stepSets(
    automaton: ReducibleMachine,
    memory: Memory,
    leaves: readonly number[],
    as: (variable: number) => number,
  ): Sets {
    const { width, anyBuffer } = this;
    const sets: Sets = { reads: new Int32Array(leaves.length * width), writes: new Int32Array(leaves.length * width) };
    const bit = (set: Int32Array, base: number, v: number): void => {
      set[base + (v >> 5)] |= 1 << (v & 31);
    };
    leaves.forEach((number, i) => {
      const leaf = automaton.leaves[number];
      for (const word of leaf.reads) {
        const v = automaton.variable(word);
        if (v >= 0) bit(sets.reads, i * width, as(v));
      }
      if (memory === 'tso' && leaf.acknowledged) bit(sets.writes, i * width, anyBuffer);
      if (memory === 'tso' && leaf.buffered.length > 0) bit(sets.reads, i * width, anyBuffer);
      for (const list of [leaf.writes, leaf.buffered])
        for (let at = 0; at < list.length; at += 2) bit(sets.writes, i * width, as(list[at]));
    });
    return sets;
  }

  /** What each of the two was seen to do, as steps of the other. */
  private twinEdges(automaton: ReducibleMachine, memory: Memory, exchange: Pair): readonly Edge[] {
    const own = automaton.leaves.flatMap(({ actor }, i) => (actor === exchange.a || actor === exchange.b ? [i] : []));
    const sets = this.stepSets(automaton, memory, own, (v) => exchange.variable(v));
    return own.map((leaf, i) => {
      const { actor, from, to } = automaton.leaves[leaf];
      const side = actor === exchange.a ? 0 : 1;
      return { actor: side === 0 ? exchange.b : exchange.a, from: exchange.place(side, from),
        to: to < 0 ? -1 : exchange.place(side, to), sets, at: i * this.width };
    });
  }

  private spread(edges: readonly Edge[]): void {
    const { width, futures } = this;
    for (let changed = true; changed;) {
      changed = false;
      // Later leaves lead further: going backwards settles nearly all in one round.
      for (let i = edges.length - 1; i >= 0; i--) {
        const { actor, from, to, sets, at } = edges[i];
        const { reads, writes } = futures[actor];
        for (let word = 0; word < width; word++) {
          const here = from * width + word;
          const r = reads[here] | sets.reads[at + word] | (to < 0 ? 0 : reads[to * width + word]);
          const w = writes[here] | sets.writes[at + word] | (to < 0 ? 0 : writes[to * width + word]);
          if (r === reads[here] && w === writes[here]) continue;
          reads[here] = r;
          writes[here] = w;
          changed = true;
        }
      }
    }
  }
}

/**
 * Places that may be come back to: what is left when those that nothing leads to, and those that lead nowhere, are
 * taken away.
 */
function circlesOf(nrPlaces: number, edges: readonly Edge[]): Uint8Array {
  const left = new Uint8Array(nrPlaces);
  const moves = edges.filter(({ to }) => to >= 0);
  // Places are numbered as they are met: a circle leads back.
  if (moves.every(({ from, to }) => from < to)) return left;
  left.fill(1);
  take(left, moves.map(({ from, to }) => [from, to] as const));
  take(left, moves.map(({ from, to }) => [to, from] as const));
  return left;
}

/** Take away, one after the other, what no arrow from anything that is left points at. */
function take(left: Uint8Array, arrows: readonly (readonly [from: number, to: number])[]): void {
  const nrInto = new Int32Array(left.length);
  const from: number[][] = Array.from({ length: left.length }, () => []);
  for (const [one, other] of arrows) {
    if (left[one] === 0 || left[other] === 0) continue;
    nrInto[other]++;
    from[one].push(other);
  }
  const free = Array.from(left.keys()).filter((place) => left[place] === 1 && nrInto[place] === 0);
  for (let place = free.pop(); place !== undefined; place = free.pop()) {
    left[place] = 0;
    for (const other of from[place]) if (--nrInto[other] === 0) free.push(other);
  }
}
