/**
 * What the actors do, learnt while it is asked for. A step of core is a function of where its actor stands and of
 * the words
 * it reads; so it is run on the real world once for every combination of these that comes up, and the answer is kept
 * in a
 * tree: "at this place: read that word; it holds this: read the next; …; then write these words and stand there". The
 * search itself only walks trees.
 */
import { type Event, Kernel, type Policy } from '@cowlab/core';
import { type Actor, isThrough, type Place, startOf, type Stepped, stepActor } from './actor.ts';
import type { Orders } from '../memory/orders.ts';
import type { Fences } from '../memory/strengthenings.ts';
import { type Observed, Witness } from './witness.ts';
import { type Access, POOL_FRAMES, POOL_START, type WatchedWorld, WorldFull } from './words.ts';
import { Exchange, exchangesOf, isOwnFrame, wordsOfPin } from './exchange.ts';

/** What one step came to, for one combination of what it read. */
export interface Leaf {
  readonly actor: number;
  readonly from: number;
  /** Place it leads to; -1: it has to wait. */
  readonly to: number;
  readonly name: string;
  /** Waits until the actor's store buffer is empty. */
  readonly drains: boolean;
  /** Waits until also the buffers of the other CPUs that run in this memory are empty. */
  readonly acknowledged: boolean;
  /** It never drains, whoever looks at its words. */
  readonly weak: boolean;
  /** Words and values read, in order: all of them, also words that never change. */
  readonly reads: readonly number[];
  readonly values: readonly number[];
  /** Variables and the numbers of their values: at once, and by way of the store buffer. */
  readonly writes: readonly number[];
  readonly buffered: readonly number[];
  /** The kernel broke down here: what it said. The actor goes no further. */
  readonly crash: string | null;
  readonly facts: readonly Event[];
}

const NO_FENCES: Fences = { before: false, after: false };

interface Variable {
  readonly word: number;
  /** Number 0 is the initial value. */
  readonly values: number[];
  readonly numbers: Map<number, number>;
  /** Room in tree nodes. */
  capacity: number;
  /** Bit per actor that read or wrote it. */
  actors: number;
}

export class Automaton {
  readonly variables: Variable[] = [];
  readonly leaves: Leaf[] = [];
  /** Places of each actor, and which of them are its end. */
  readonly places: Place[][];
  readonly ends: boolean[][];
  /** Changes when something was learnt that a search may have relied on. */
  version = 0;
  /** Counts leaves that turned out to be other than they were taken for: what a pass did with them is void. */
  corrections = 0;
  /** A whole pass has learnt nothing. */
  settled = false;
  /** Trees: a code per place. 0 nothing known, n > 0 node n - 1, n < 0 leaf -n - 1. */
  roots: Int32Array[];
  nodeVariable = new Int32Array(256);
  nodeChildren = new Int32Array(256);
  children = new Int32Array(1024);
  private nrNodes = 0;
  private nrChildren = 0;
  private readonly variableOf = new Map<number, number>();
  private readonly placeIds: Map<string, number>[];
  private readonly exchanges = new Map<string, Exchange>();
  private readonly k: Kernel;
  private readonly witness: Witness;
  /** Bit per actor, of each actor: itself and those that are like it. */
  private readonly kin: readonly number[];
  /** Words of the pins of those that are like another: they belong to one of them. */
  private readonly pinWords: ReadonlySet<number>;

  constructor(
    readonly actors: readonly Actor[],
    readonly watched: WatchedWorld,
    policy: Policy,
    orders: Orders,
    copiesApart = false,
    /** Barriers that the race puts in. */
    private readonly fences: (step: string) => Fences = () => NO_FENCES,
  ) {
    this.witness = new Witness(policy);
    this.k = new Kernel(watched.world, this.witness.policy);
    this.k.concurrent = true;
    this.k.bulk = false;
    this.k.copiesApart = copiesApart;
    this.k.onEvent = (event) => {
      watched.fact(event, orders(event));
    };
    this.k.onStep = () => {
      this.witness.goesOn();
    };
    this.places = actors.map(() => []);
    this.ends = actors.map(() => []);
    this.placeIds = actors.map(() => new Map<string, number>());
    this.roots = actors.map(() => new Int32Array(64));
    this.kin = actors.map(({ alike }, a) =>
      actors.reduce(
        (bits, other, b) => (b === a || (alike !== null && other.alike?.kind === alike.kind) ? bits | (1 << b) : bits),
        0,
      )
    );
    this.pinWords = new Set(actors.flatMap(({ alike }) => (alike === null ? [] : [...wordsOfPin(watched, alike.pin)])));
    actors.forEach((actor, a) => this.placeId(a, startOf(actor)));
  }

  /** What stands for what when actors `a` and `b`, which are alike, change places. */
  exchange(a: number, b: number): Exchange {
    const key = `${a} ${b}`;
    const known = this.exchanges.get(key) ?? new Exchange(this, a, b);
    this.exchanges.set(key, known);
    return known;
  }

  pairs(): readonly Exchange[] {
    return exchangesOf(this);
  }

  /** The other actors whose CPUs run in the memory of actor `a`. */
  neighbours(a: number): readonly number[] {
    return this.actors.map((_, b) => b).filter((b) => b !== a && this.actors[b].memory === this.actors[a].memory);
  }

  variable(word: number): number {
    return this.variableOf.get(word) ?? -1;
  }

  /**
   * Run the step of actor `a` at place `from` on the world in which each variable holds `values[v]` (numbers of
   * values, as
   * this actor sees them). Returns the number of its leaf.
   * @throws PolicyError when the policy answers differently the next time
   */
  learn(a: number, from: number, values: Int32Array): number {
    const { variables } = this;
    const { stepped, access: { reads, values: seen, writes, plain, locked, weak, acknowledged, facts }, crash } = this
      .witness.seeTwice(() => this.run(a, from, values));
    const before = new Map(reads.map((word, i) => [word, seen[i]]));
    const now: number[] = [];
    const later: number[] = [];
    const fences = this.fences(stepped.name);
    let shared = false;
    for (const word of reads) this.touch(this.variable(word), a);
    for (const [word, value] of crash === null ? writes : []) {
      if (before.get(word) === value) continue;
      const v = this.variableFor(word);
      this.touch(v, a);
      // Where a barrier follows, they leave the buffer before anything else is done.
      if (plain.has(word) && !fences.after) later.push(v, this.valueNumber(v, value));
      else {
        now.push(v, this.valueNumber(v, value));
        if (variables[v].actors !== 1 << a) shared = true;
      }
    }
    const to = stepped.place === null ? -1 : this.placeId(a, stepped.place);
    const drains = stepped.place !== null
      && (stepped.fence || locked || fences.before || fences.after || (shared && !weak));
    this.leaves.push({ actor: a, from, to, name: stepped.name, drains, acknowledged, weak, reads, values: seen,
      writes: now, buffered: later, crash, facts });
    this.version++;
    this.insert(this.leaves.length - 1);
    return this.leaves.length - 1;
  }

  private run(a: number, from: number, values: Int32Array): Observed {
    const { watched, variables } = this;
    for (let v = 0; v < variables.length; v++) watched.set(variables[v].word, variables[v].values[values[v]]);
    watched.pool = POOL_START + a * POOL_FRAMES;
    watched.watch();
    let stepped: Stepped = { place: null, name: 'breaks down', fence: false };
    let access: Access;
    let crash: string | null = null;
    try {
      stepped = stepActor(this.actors[a], this.places[a][from], this.k, watched);
    } catch (cause) {
      // A count below zero, say: an order of steps that the kernel itself would not survive. Mistakes of hooks are
      // not such.
      if (!(cause instanceof RangeError) || cause instanceof WorldFull) throw cause;
      crash = cause.message;
    } finally {
      access = watched.unwatch();
      this.k.takeEvents();
      for (const variable of variables) watched.set(variable.word, variable.values[0]);
    }
    return { stepped, access, crash };
  }

  /** What a search elsewhere has seen: who uses a word. */
  know(word: number, actors: number): void {
    const v = this.variableFor(word);
    const variable = this.variables[v];
    if ((variable.actors & actors) === actors) return;
    const wasPrivate = variable.actors !== 0;
    variable.actors |= actors;
    if (wasPrivate) this.shareLeaves(v);
  }

  /** Words that two actors use where one was known to: earlier leaves took their stores for private. */
  private touch(v: number, a: number): void {
    if (v < 0) return;
    const variable = this.variables[v];
    const users = this.usersOf(variable.word, a);
    if ((variable.actors & users) === users) return;
    const wasPrivate = variable.actors !== 0;
    variable.actors |= users;
    if (wasPrivate) this.shareLeaves(v);
  }

  /** What one of those that are alike uses the others use too, or will: who of them is seen to do so is chance. */
  private usersOf(word: number, a: number): number {
    return this.kin[a] === 1 << a || this.pinWords.has(word) || isOwnFrame(this.watched, a, word)
      ? 1 << a
      : this.kin[a];
  }

  private shareLeaves(v: number): void {
    this.leaves.forEach((leaf, i) => {
      if (leaf.drains || leaf.weak || !leaf.writes.some((written, at) => at % 2 === 0 && written === v)) return;
      this.leaves[i] = { ...leaf, drains: true };
      this.corrections++;
    });
  }

  /** Where actor `b` stands when it is where `a` is at `place`, for two that are alike. */
  twin(a: number, place: number, b: number): number {
    const [from, to] = [this.actors[a].alike, this.actors[b].alike];
    if (from === null || to === null) throw new RangeError('actors that are not alike have no twin places');
    const { frame, ...rest } = this.places[a][place];
    return this.placeId(b, { op: rest.op, part: rest.part,
      frame: frame === null ? null : { ...frame, ...('pin' in frame && { pin: to.pin }) }, result: rest.result,
      tlb: rest.tlb, left: rest.left });
  }

  placeId(a: number, place: Place): number {
    const key = JSON.stringify(place);
    const known = this.placeIds[a].get(key);
    if (known !== undefined) return known;
    const id = this.places[a].length;
    this.places[a].push(place);
    this.ends[a].push(isThrough(this.actors[a], place));
    this.placeIds[a].set(key, id);
    if (id >= this.roots[a].length) this.roots[a] = grown(this.roots[a], id + 1);
    return id;
  }

  /** Makes it a variable where it is none yet. */
  variableFor(word: number): number {
    const known = this.variableOf.get(word);
    if (known !== undefined) return known;
    const initial = this.watched.get(word);
    const v = this.variables.length;
    let actors = 0;
    for (const leaf of this.leaves) if (leaf.reads.includes(word)) actors |= this.usersOf(word, leaf.actor);
    this.variables.push({ word, values: [initial], numbers: new Map([[initial, 0]]), capacity: 4, actors });
    this.variableOf.set(word, v);
    // Trees that passed this word by have to ask for it from now on.
    this.plant();
    return v;
  }

  valueNumber(v: number, value: number): number {
    const variable = this.variables[v];
    const known = variable.numbers.get(value);
    if (known !== undefined) return known;
    const number = variable.values.length;
    variable.values.push(value);
    variable.numbers.set(value, number);
    if (number >= variable.capacity) {
      variable.capacity *= 2;
      this.plant();
    }
    return number;
  }

  private plant(): void {
    this.nrNodes = this.nrChildren = 0;
    for (const roots of this.roots) roots.fill(0);
    for (let leaf = 0; leaf < this.leaves.length; leaf++) this.insert(leaf);
  }

  private insert(leaf: number): void {
    const { actor, from, reads, values } = this.leaves[leaf];
    const roots = this.roots[actor];
    let slot = -1;
    for (let i = 0; i < reads.length; i++) {
      const v = this.variable(reads[i]);
      if (v < 0) continue;
      let code = slot < 0 ? roots[from] : this.children[slot];
      if (code === 0) {
        code = this.addNode(v);
        if (slot < 0) roots[from] = code;
        else this.children[slot] = code;
      }
      if (code < 0 || this.nodeVariable[code - 1] !== v)
        throw new RangeError(`${this.actors[actor].name}: two runs of one step read different words`);
      slot = this.nodeChildren[code - 1] + (this.variables[v].numbers.get(values[i]) ?? 0);
    }
    if (slot < 0) roots[from] = -leaf - 1;
    else this.children[slot] = -leaf - 1;
  }

  private addNode(v: number): number {
    const node = this.nrNodes++;
    const { capacity } = this.variables[v];
    if (node >= this.nodeVariable.length) {
      this.nodeVariable = grown(this.nodeVariable, node + 1);
      this.nodeChildren = grown(this.nodeChildren, node + 1);
    }
    if (this.nrChildren + capacity > this.children.length)
      this.children = grown(this.children, this.nrChildren + capacity);
    this.nodeVariable[node] = v;
    this.nodeChildren[node] = this.nrChildren;
    this.children.fill(0, this.nrChildren, this.nrChildren + capacity);
    this.nrChildren += capacity;
    return node + 1;
  }
}

export function grown(words: Int32Array, nr: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(nr, words.length * 2));
  larger.set(words);
  return larger;
}
