/**
 * Two actors that are alike, changing places: what stands for what. Exchanging them means to exchange their places,
 * the words
 * that belong to their pins, and the same words where they wait in a store buffer.
 */
import { PIN } from '@cowlab/core';
import { POOL_FRAMES, POOL_START, type WatchedWorld } from './words.ts';
import type { Actor } from './actor.ts';
import type { Buffers } from '../memory/buffers.ts';

/** Which of the two: what belongs to one is asked for on the other's side. */
type Side = 0 | 1;

/** What is known so far of the actors and their words. */
interface Learnt {
  readonly actors: readonly Actor[];
  readonly watched: WatchedWorld;
  readonly variables: readonly { readonly word: number; readonly values: readonly number[] }[];
  readonly leaves: readonly { readonly actor: number; readonly writes: readonly number[] }[];
  variable(word: number): number;
  variableFor(word: number): number;
  valueNumber(variable: number, value: number): number;
  twin(a: number, place: number, b: number): number;
  exchange(a: number, b: number): Exchange;
}

/** Two actors that may be exchanged, as searches need them. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly exchanged: readonly (readonly [number, number])[];
  readonly generation: number;
  readonly isOutdated: boolean;
  place(side: 0 | 1, place: number): number;
  variable(v: number): number;
  paired(i: number, side: 0 | 1, number: number): number;
  buffer(stores: Buffers, buffer: number): number;
}

export class Exchange implements Pair {
  /** Variables that change places, as pairs: one of `a`'s, one of `b`'s. */
  exchanged: readonly (readonly [number, number])[] = [];
  /** Changes with them. */
  generation = 0;
  private readonly actors: readonly [number, number];
  private readonly places: [Int32Array, Int32Array] = [new Int32Array(0), new Int32Array(0)];
  private translated: readonly Int32Array[] = [];
  private readonly partners = new Map<number, number>();
  private readonly words: ReadonlySet<number>;
  private readonly pairs: readonly (readonly [number, number])[];
  /** So many variables were looked through. */
  private known = 0;

  constructor(private readonly automaton: Learnt, readonly a: number, readonly b: number) {
    this.actors = [a, b];
    const [ofA, ofB] = this.actors.map((
      actor,
    ) => [...wordsOfPin(automaton.watched, automaton.actors[actor].alike?.pin ?? -1)]);
    this.pairs = ofA.map((word, i) => [word, ofB[i]]);
    this.words = new Set([...ofA, ...ofB]);
  }

  /** Words of one pin that somebody writes become variables of the other pin too. */
  refresh(): this {
    if (!this.isOutdated) return this;
    const { automaton } = this;
    const written = this.pairs.filter(([one, other]) => automaton.variable(one) >= 0 || automaton.variable(other) >= 0);
    this.exchanged = written.map(([one, other]) => [automaton.variableFor(one), automaton.variableFor(other)] as const);
    for (const [one, other] of this.exchanged) this.partners.set(one, other).set(other, one);
    this.known = automaton.variables.length;
    this.translated = this.exchanged.flatMap(() => [new Int32Array(8).fill(-1), new Int32Array(8).fill(-1)]);
    this.generation++;
    return this;
  }

  /** A word of one of the pins was written for the first time: from now on more has to change places. */
  get isOutdated(): boolean {
    const { variables } = this.automaton;
    while (this.known < variables.length && !this.words.has(variables[this.known].word)) this.known++;
    return this.known < variables.length;
  }

  /** Place of the other one that is what `place` is on this side. */
  place(side: Side, place: number): number {
    let known = this.places[side];
    if (place >= known.length) {
      known = new Int32Array(Math.max(64, place * 2)).fill(-1);
      known.set(this.places[side]);
      this.places[side] = known;
    }
    if (known[place] < 0) known[place] = this.automaton.twin(this.actors[side], place, this.actors[1 - side]);
    return known[place];
  }

  variable(v: number): number {
    return this.partners.get(v) ?? v;
  }

  /** Number that value `number` of variable `v` has in the variable that stands for it. */
  value(v: number, number: number): number {
    const to = this.variable(v);
    return to === v ? number : this.automaton.valueNumber(to, this.automaton.variables[v].values[number]);
  }

  /** The same for pair `i` of what is exchanged: of the value of this side's word. */
  paired(i: number, side: Side, number: number): number {
    const known = this.translated[2 * i + side];
    if (number < known.length && known[number] >= 0) return known[number];
    const other = this.value(this.exchanged[i][side], number);
    if (number < known.length) known[number] = other;
    return other;
  }

  buffer(stores: Buffers, buffer: number): number {
    const held = stores.contents[buffer];
    let same = true;
    for (let i = 0; i < held.length && same; i += 2) same = !this.partners.has(held[i]);
    if (same) return buffer;
    return stores.append(0,
      held.map((_, i) => (i % 2 === 0 ? this.variable(held[i]) : this.value(held[i - 1], held[i]))));
  }
}

/** What belongs to a pin: its record, the list of its frames, whether it is granted. */
export function* wordsOfPin(watched: WatchedWorld, pin: number): Generator<number> {
  const { pins } = watched.world;
  const list = pins.get(pin, PIN.PFNS);
  for (let field = 0; field < PIN.WIDTH; field++) yield watched.wordOf('pin', pin * PIN.WIDTH + field);
  for (let i = 0; i < pins.get(pin, PIN.NR); i++) yield watched.wordOf('heap', list + i);
  yield watched.wordOf('flag', pin);
}

/**
 * The actors that may be exchanged, two by two. One that takes frames of its own, to break COW on the slow path,
 * leaves their numbers
 * in page tables and is not exchanged with another.
 */
export function exchangesOf(automaton: Learnt): readonly Exchange[] {
  const pairs: Exchange[] = [];
  automaton.actors.forEach(({ alike }, b) => {
    if (alike === null || takesFrames(automaton, b)) return;
    for (let a = 0; a < b; a++) {
      if (automaton.actors[a].alike?.kind === alike.kind && !takesFrames(automaton, a))
        pairs.push(automaton.exchange(a, b).refresh());
    }
  });
  return pairs;
}

function takesFrames(automaton: Learnt, a: number): boolean {
  return automaton.leaves.some(({ actor, writes }) =>
    actor === a
    && writes.some((v, i) => i % 2 === 0 && isOwnFrame(automaton.watched, a, automaton.variables[v].word))
  );
}

/** Is it a word about a frame of the actor's own pool? */
export function isOwnFrame(watched: WatchedWorld, a: number, word: number): boolean {
  const { name, index } = watched.section(word);
  const first = POOL_START + a * POOL_FRAMES;
  return (name === 'meta' || name === 'extra' || name === 'stamp') && index >= first && index < first + POOL_FRAMES;
}
