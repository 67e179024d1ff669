/**
 * One state among the variables, unpacked, and what can happen in it. Walks and replays go this way; the search has
 * its own, packed.
 */
import type { Automaton, Leaf } from '../machine/automaton.ts';
import type { Machine } from '../machine/machine.ts';
import type { Buffers } from '../memory/buffers.ts';
import { type Memory, waits } from '../memory/memory.ts';
import { FLUSH } from './space.ts';

export interface Configuration {
  places: Int32Array;
  buffers: Int32Array;
  /** Number of the value of each variable; variables that came later have 0, as their initial value. */
  values: Int32Array;
}

export class Moves<M extends Machine = Automaton> {
  private view = new Int32Array(64);

  constructor(readonly automaton: M, readonly memory: Memory, readonly stores: Buffers) {}

  initial(): Configuration {
    const { actors } = this.automaton;
    return { places: new Int32Array(actors.length), buffers: new Int32Array(actors.length),
      values: new Int32Array(64) };
  }

  isThrough({ places, buffers }: Configuration): boolean {
    return this.automaton.actors.every((_, a) => this.automaton.ends[a][places[a]] && buffers[a] === 0);
  }

  /** What may happen next: actors that can step, and stores that can reach memory. */
  enabled(at: Configuration): number[] {
    const moves: number[] = [];
    for (let a = 0; a < this.automaton.actors.length; a++) {
      if (this.leafOf(at, a) !== null) moves.push(a);
      if (at.buffers[a] !== 0) moves.push(a + FLUSH);
    }
    return moves;
  }

  /** The step of actor `a`, or null when it is through or has to wait. */
  leafOf(at: Configuration, a: number): Leaf | null {
    const { automaton } = this;
    const place = at.places[a];
    if (automaton.ends[a][place]) return null;
    const leaf = automaton.leaves[this.find(at, a)];
    if (leaf.to < 0 || waits(leaf, at.buffers[a], this.stores)) return null;
    return leaf.acknowledged && automaton.neighbours(a).some((b) => at.buffers[b] !== 0) ? null : leaf;
  }

  /** What the kernel said where it broke down under one of the actors. */
  crashIn(at: Configuration): string | null {
    for (let a = 0; a < this.automaton.actors.length; a++) {
      const crash = this.automaton.ends[a][at.places[a]] ? null : this.automaton.leaves[this.find(at, a)].crash;
      if (crash !== null) return crash;
    }
    return null;
  }

  apply(at: Configuration, move: number): void {
    const a = move % FLUSH;
    if (move >= FLUSH) {
      const [variable, value] = this.stores.contents[at.buffers[a]];
      at.values[variable] = value;
      at.buffers[a] = this.stores.rest(at.buffers[a]);
      return;
    }
    const leaf = this.leafOf(at, a);
    if (leaf === null) throw new RangeError(`${this.automaton.actors[a].name} cannot go on here`);
    this.room(at);
    at.places[a] = leaf.to;
    for (let i = 0; i < leaf.writes.length; i += 2) at.values[leaf.writes[i]] = leaf.writes[i + 1];
    if (this.memory === 'tso') at.buffers[a] = this.stores.append(at.buffers[a], leaf.buffered);
    else for (let i = 0; i < leaf.buffered.length; i += 2) at.values[leaf.buffered[i]] = leaf.buffered[i + 1];
  }

  /** Value of variable `v` as actor `a` sees it. */
  seen(at: Configuration, a: number, v: number): number {
    const own = at.buffers[a] === 0 ? -1 : this.stores.seen(at.buffers[a], v);
    return own < 0 ? at.values[v] : own;
  }

  private find(at: Configuration, a: number): number {
    const { automaton } = this;
    this.room(at);
    let code = automaton.roots[a][at.places[a]];
    while (code > 0)
      code = automaton.children[automaton.nodeChildren[code - 1] + this.seen(at, a, automaton.nodeVariable[code - 1])];
    if (code < 0) return -code - 1;
    if (this.view.length < automaton.variables.length) this.view = new Int32Array(automaton.variables.length * 2);
    for (let v = 0; v < automaton.variables.length; v++) this.view[v] = this.seen(at, a, v);
    const leaf = automaton.learn(a, at.places[a], this.view);
    this.room(at);
    return leaf;
  }

  private room(at: Configuration): void {
    if (at.values.length >= this.automaton.variables.length) return;
    const values = new Int32Array(this.automaton.variables.length * 2);
    values.set(at.values);
    at.values = values;
  }
}
