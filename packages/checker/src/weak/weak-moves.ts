/**
 * What an actor may do next on ARMv8: its step, for every store that each of its loads may read and every time at which
 * each of its stores may come to stand. A store that stands before others that came to memory earlier is what a
 * promise is: nobody has read anything that it makes untrue. What is not made is a load that reads a store whose own
 * thread has not come to it yet: every value that kernel paths load decides about what they store afterwards.
 */
import type { Automaton, Leaf } from '../machine/automaton.ts';
import { barrier, beforeLoad, beforeStore, branch, earliest, load, privateAcquire, privateRelease, store,
  viewsFor } from '../memory/views.ts';
import { Again } from '../search/space.ts';
import type { StepOrder } from './step-order.ts';
import { copyOf, insert, isOpen, settled, storesOf, type WeakState } from './weak-state.ts';

/** One way to take a step. Where nothing was old and nothing early, it is number 0. */
export interface WeakMove {
  readonly actor: number;
  readonly leaf: number;
  readonly state: WeakState;
  /** What each load found: variable, number of its value, whether a later store of the word was there already. */
  readonly loads: readonly { readonly variable: number; readonly value: number; readonly old: boolean }[];
  /** How many stores of others each store stands before. */
  readonly early: number;
}

type Draft = ReturnType<typeof copyOf>;

export class WeakMoves {
  private readonly orders: StepOrder[] = [];
  /** Of each variable its number among those that several actors use, or -1. */
  private readonly slots: readonly number[];
  private readonly nrSlots: number;
  /** By slot. */
  private readonly variables: readonly number[];
  /** Variables whose addresses are in page table entries, and those that are entries. */
  private readonly pointed: readonly boolean[];
  private readonly entries: readonly boolean[];

  constructor(
    readonly automaton: Automaton,
    private readonly orderOf: (leaf: Leaf) => StepOrder,
    /** May actor `a` still touch a variable from a place on? */
    private readonly mayTouch: (a: number, place: number, variable: number) => boolean,
  ) {
    let nr = 0;
    this.slots = automaton.variables.map(({ actors }) => ((actors & (actors - 1)) === 0 ? -1 : nr++));
    this.nrSlots = nr;
    this.variables = this.slots.flatMap((slot, v) => (slot < 0 ? [] : [v]));
    const names = automaton.variables.map(({ word }) => automaton.watched.section(word).name);
    this.pointed = names.map((name) => name === 'meta' || name === 'extra' || name === 'stamp' || name === 'folio');
    this.entries = names.map((name) => name === 'node');
  }

  initial(): WeakState {
    const { actors, variables } = this.automaton;
    return { places: new Int32Array(actors.length), views: actors.map(() => viewsFor(this.nrSlots)),
      pointers: new Int32Array(actors.length), values: new Int32Array(variables.length), stores: [], closed: [] };
  }

  private isShared(variable: number): boolean {
    return this.slots[variable] >= 0;
  }

  /** The value of a variable when all stores are made. */
  last({ stores, values }: WeakState, variable: number): number {
    const slot = this.slots[variable] ?? -1;
    if (slot >= 0) {
      for (let at = stores.length - 3; at >= 0; at -= 3) if (stores[at] === slot) return stores[at + 1];
    }
    return values[variable] ?? 0;
  }

  isThrough(s: WeakState): boolean {
    return this.automaton.actors.every((_, a) => this.automaton.ends[a][s.places[a]]);
  }

  /** Ways to take the step of an actor, in an order that is always the same; none: it is through or waits. */
  of(s: WeakState, actor: number): readonly WeakMove[] {
    if (this.automaton.ends[actor][s.places[actor]]) return [];
    const moves: WeakMove[] = [];
    this.read(s, actor, [], moves);
    return moves.sort((x, y) => nrOld(x) - nrOld(y) || x.early - y.early);
  }

  /** Follow the tree of the step; `times`: which store each shared word is read from, so far. */
  private read(s: WeakState, a: number, times: readonly number[], moves: WeakMove[]): void {
    const { automaton } = this;
    const read: number[] = [];
    let code = automaton.roots[a][s.places[a]];
    while (code > 0) {
      const v = automaton.nodeVariable[code - 1];
      let value = s.values[v];
      if (this.isShared(v)) {
        if (read.length === times.length) return this.fork(s, a, v, times, moves);
        const time = times[read.length];
        read.push(v);
        if (time > 0) value = s.stores[3 * (time - 1) + 1];
      }
      code = automaton.children[automaton.nodeChildren[code - 1] + value];
    }
    if (code === 0) {
      this.learn(s, a, read, times);
      return this.read(s, a, times, moves);
    }
    const leaf = -code - 1;
    const { to } = automaton.leaves[leaf];
    if (to < 0) return;
    this.take(s, a, leaf, read, times, moves);
  }

  /** Every store that the next load may read, the latest first. */
  private fork(s: WeakState, a: number, v: number, times: readonly number[], moves: WeakMove[]): void {
    const stores = storesOf(s);
    const slot = this.slots[v];
    const before = beforeLoad(s.views[a], 'plain', this.addressOf(s, a, v));
    const first = earliest(s.views[a], stores, slot, before);
    for (let time = stores.length; time > first; time--)
      if (stores.word(time) === slot) this.read(s, a, [...times, time], moves);
    this.read(s, a, [...times, first], moves);
  }

  private addressOf(s: WeakState, a: number, v: number): number {
    return this.pointed[v] ? s.pointers[a] : 0;
  }

  private isDead({ places }: WeakState, slot: number): boolean {
    return places.every((place, a) => !this.mayTouch(a, place, this.variables[slot]));
  }

  private learn(s: WeakState, a: number, read: readonly number[], times: readonly number[]): void {
    const { automaton } = this;
    const values = new Int32Array(automaton.variables.length);
    for (let v = 0; v < values.length; v++) values[v] = this.isShared(v) ? this.last(s, v) : s.values[v];
    read.forEach((v, i) => {
      values[v] = times[i] > 0 ? s.stores[3 * (times[i] - 1) + 1] : s.values[v];
    });
    automaton.learn(a, s.places[a], values);
    // A word that was one actor's alone: what was done with it is void.
    if (automaton.variables.length !== this.slots.length
      || automaton.variables.some(({ actors }, v) => (actors & (actors - 1)) !== 0 && this.slots[v] < 0))
      throw new Again();
  }

  private take(
    s: WeakState,
    a: number,
    number: number,
    read: readonly number[],
    times: readonly number[],
    moves: WeakMove[],
  ): void {
    const { automaton } = this;
    const leaf = automaton.leaves[number];
    const order = this.orders[number] ??= this.orderOf(leaf);
    const next = copyOf(s);
    const v = next.views[a];
    const stores = storesOf(s);
    const writes = [...leaf.writes, ...leaf.buffered];
    const written = writes.filter((_, i) => i % 2 === 0);
    if (order.before !== null) {
      barrier(v, order.before);
      // The barrier is between what came before and these loads.
      if (read.some((word, i) =>
        times[i] < earliest(v, stores, this.slots[word], beforeLoad(v, 'plain', this.addressOf(s, a, word)))
      )) return;
    }
    if (order.acquire && read.every((word) => !written.includes(word))) privateAcquire(v);
    let decided = 0;
    const loads = read.map((word, i) => {
      const atomic = order.atomic && written.includes(word);
      const strength = order.acquire && atomic ? 'acquire' : 'plain';
      const slot = this.slots[word];
      const address = this.addressOf(next, a, word);
      const before = Math.max(beforeLoad(v, strength, address), coherent(v, slot));
      if (before > times[i]) next.closed.push(slot, times[i], before);
      const view = load(v, { word: slot, strength, exclusive: false, noReturn: atomic && order.noReturn }, address,
        times[i]);
      if (!(atomic && order.noReturn)) decided = Math.max(decided, view);
      if (this.entries[word]) next.pointers[a] = Math.max(next.pointers[a], view);
      let old = false;
      for (let time = times[i] + 1; time <= stores.length; time++) old ||= stores.word(time) === slot;
      return { variable: word, value: times[i] > 0 ? s.stores[3 * (times[i] - 1) + 1] : s.values[word], old };
    });
    // An acquire that has to wait for a release before it may have read too early.
    if (order.acquire
      && read.some((word, i) =>
        order.atomic && written.includes(word)
        && times[i]
          < earliest(s.views[a], stores, this.slots[word],
            beforeLoad(s.views[a], 'acquire', this.addressOf(s, a, word)))
      )) return;
    branch(v, decided);
    if (order.locks) {
      privateAcquire(v);
      privateRelease(v);
    }
    if (order.between !== null) barrier(v, order.between);
    const shared: number[] = [];
    for (let i = 0; i < writes.length; i += 2) {
      if (this.isShared(writes[i])) shared.push(writes[i], writes[i + 1]);
      else next.values[writes[i]] = writes[i + 1];
    }
    if (order.release && shared.length === 0) privateRelease(v);
    const taken = new Map(read.map((word, i) => [word, times[i]]));
    this.write(next, a, order, shared, taken, 0, (done, early) => {
      if (order.after !== null) barrier(done.views[a], order.after);
      done.places[a] = leaf.to;
      settled(done, (actor) => !automaton.ends[actor][done.places[actor]], this.variables,
        (word) => this.isDead(done, word));
      moves.push({ actor: a, leaf: number, state: done, loads, early });
    });
  }

  /** The stores of a step, one after the other, at every time that each may have. */
  private write(
    s: Draft,
    a: number,
    order: StepOrder,
    writes: readonly number[],
    read: ReadonlyMap<number, number>,
    early: number,
    done: (s: Draft, early: number) => void,
  ): void {
    if (writes.length === 0) return done(s, early);
    const [word, value, ...rest] = writes;
    const v = s.views[a];
    const slot = this.slots[word];
    const what = { word: slot, release: order.release, exclusive: order.atomic };
    const address = this.addressOf(s, a, word);
    const data = order.atomic ? 0 : v[4];
    const before = beforeStore(v, what, address, data);
    const from = order.atomic ? read.get(word) : undefined;
    const end = s.stores.length / 3 + 1;
    const first = order.inOrder ? Math.max(before, end - 1) : before;
    for (let time = end; time > first; time--) {
      if (from !== undefined && !isNext(s, slot, from, time)) continue;
      if (!isOpen(s, slot, time)) continue;
      const one = copyOf(s);
      insert(one, time, slot, value, a);
      if (from !== undefined) one.closed.push(slot, from, time);
      store(one.views[a], what, address, data, time);
      const reads = from === undefined ? read : new Map([...read].map(([of, at]) => [of, at >= time ? at + 1 : at]));
      this.write(one, a, order, rest, reads, early + end - time, done);
    }
  }
}

const nrOld = ({ loads }: WeakMove): number => loads.filter(({ old }) => old).length;

const coherent = (v: Int32Array, word: number): number => v[8 + 4 * word];

/** Would it stand right behind the store that was read, with no other of the word between? */
function isNext({ stores }: WeakState, word: number, from: number, time: number): boolean {
  if (time <= from) return false;
  for (let at = from; at < time - 1; at++) if (stores[3 * at] === word) return false;
  return true;
}
