/** The packed states of one pass, and the moves between them. */
import type { Automaton } from '../machine/automaton.ts';
import type { Machine } from '../machine/machine.ts';
import { Buffers } from '../memory/buffers.ts';
import { type Memory, waits } from '../memory/memory.ts';
import { FLUSH, Outgrown, Space } from './space.ts';

/**
 * Makes the drafted state the one that stands for all that are like it. Calls `exchanged` for each two that changed
 * places.
 */
export type Canonize = (exchanged?: (a: number, b: number) => void) => void;

/** Fields for variables that are still to be learnt. */
const SPARE_VARIABLES = 16;

export class SearchMoves<M extends Machine = Automaton> {
  /** Moves to another one when it is outgrown. */
  space: Space;
  readonly nrActors: number;
  readonly version: number;
  readonly corrections: number;
  /** First field of the variables. */
  readonly base: number;
  /** Of states that are alike, keep one. */
  canonize: Canonize | null = null;
  /** Called with each two actors that change places for that. */
  onExchange: ((a: number, b: number) => void) | undefined = undefined;
  private view = new Int32Array(0);

  /** `space`: one that others keep their states in, too; else one of its own, with the first state in it. */
  constructor(
    readonly automaton: M,
    readonly memory: Memory,
    readonly stores: Buffers = new Buffers(),
    space: Space | null = null,
  ) {
    const { actors } = automaton;
    this.nrActors = actors.length;
    this.version = automaton.version;
    this.corrections = automaton.corrections;
    this.base = memory === 'tso' ? 2 * actors.length : actors.length;
    this.space = space ?? new Space(this.sizes(!automaton.settled));
    if (space !== null) return;
    this.space.draft(-1);
    this.space.keep(-1, 0);
  }

  /**
   * Values that each field must hold; `slack`: with room for what may still be learnt, so that the next move is far
   * off.
   */
  sizes(slack: boolean): readonly number[] {
    const { places, variables } = this.automaton;
    const roomy = (nr: number): number => (slack ? nr * 2 : nr + (nr >> 2) + 1);
    const buffers = this.memory === 'tso' ? places.map(() => Math.max(32, this.stores.contents.length * 2)) : [];
    const spare = slack ? Array.from({ length: SPARE_VARIABLES }, () => 4) : [];
    return [...places.map((of) => roomy(of.length)), ...buffers,
      ...variables.map(({ values }) => values.length * (slack ? 2 : 1)), ...spare];
  }

  outgrow(): void {
    this.space = this.space.moved(this.sizes(true));
  }

  buffer(state: number, a: number): number {
    return this.memory === 'tso' ? this.space.get(state, this.nrActors + a) : 0;
  }

  /** Number of the leaf of actor `a`'s step, or -1 when it is through. Learns what it has to. */
  leaf(state: number, a: number): number {
    const { automaton, space, base } = this;
    const place = space.get(state, a);
    if (automaton.ends[a][place]) return -1;
    const buffer = this.buffer(state, a);
    const { children, nodeChildren, nodeVariable } = automaton;
    let code = automaton.roots[a][place];
    if (buffer === 0) {
      const { pool, words, at, shift, mask } = space;
      const from = state * words;
      while (code > 0) {
        const field = base + nodeVariable[code - 1];
        code = children[nodeChildren[code - 1] + ((pool[from + at[field]] >>> shift[field]) & mask[field])];
      }
    } else {
      while (code > 0) {
        const v = nodeVariable[code - 1];
        const own = this.stores.seen(buffer, v);
        code = children[nodeChildren[code - 1] + (own < 0 ? space.get(state, base + v) : own)];
      }
    }
    return code < 0 ? -code - 1 : this.learn(state, a, place, buffer);
  }

  private learn(state: number, a: number, place: number, buffer: number): number {
    const { automaton, space, base } = this;
    const nrVariables = space.sizes.length - base;
    if (this.view.length < automaton.variables.length) this.view = new Int32Array(automaton.variables.length * 2);
    const { view } = this;
    view.fill(0);
    for (let v = 0; v < Math.min(nrVariables, automaton.variables.length); v++) {
      const own = this.stores.seen(buffer, v);
      view[v] = own < 0 ? space.get(state, base + v) : own;
    }
    const leaf = automaton.learn(a, place, view);
    if (automaton.variables.length > nrVariables) throw new Outgrown();
    return leaf;
  }

  /** Can actor `a` take the step of that leaf now? */
  goes(state: number, a: number, number: number, buffer: number): boolean {
    const leaf = this.automaton.leaves[number];
    return leaf.to >= 0 && !(buffer !== 0 && waits(leaf, buffer, this.stores))
      && !(leaf.acknowledged && this.isUnanswered(state, a));
  }

  /** Has a CPU that runs in the memory of actor `a` stores that are still to be made? */
  isUnanswered(state: number, a: number): boolean {
    return this.memory === 'tso' && this.automaton.neighbours(a).some((b) => this.buffer(state, b) !== 0);
  }

  crashIn(state: number): string | null {
    for (let a = 0; a < this.nrActors; a++) {
      const leaf = this.leaf(state, a);
      if (leaf >= 0 && this.automaton.leaves[leaf].crash !== null) return this.automaton.leaves[leaf].crash;
    }
    return null;
  }

  /** The state after actor `a`'s step. */
  step(state: number, a: number, leaf: number): number {
    const { space, base, memory, nrActors } = this;
    const { to, writes, buffered } = this.automaton.leaves[leaf];
    space.draft(state);
    space.set(a, to);
    for (let i = 0; i < writes.length; i += 2) space.set(base + writes[i], writes[i + 1]);
    if (buffered.length > 0) {
      if (memory === 'tso') space.set(nrActors + a, this.stores.append(this.buffer(state, a), buffered));
      else for (let i = 0; i < buffered.length; i += 2) space.set(base + buffered[i], buffered[i + 1]);
    }
    this.canonize?.(this.onExchange);
    return space.keep(state, a);
  }

  /** The state after the oldest store of actor `a` reached memory. */
  flush(state: number, a: number): number {
    const { space, stores } = this;
    const buffer = this.buffer(state, a);
    space.draft(state);
    space.set(this.base + stores.contents[buffer][0], stores.contents[buffer][1]);
    space.set(this.nrActors + a, stores.rest(buffer));
    this.canonize?.(this.onExchange);
    return space.keep(state, a + FLUSH);
  }
}

/** Numbers of the variables' values in a state; what was learnt since has its first. */
export const valueAt = ({ space, base }: SearchMoves, state: number) => (variable: number): number =>
  base + variable < space.sizes.length ? space.get(state, base + variable) : 0;
