/**
 * Every order of a race on ARMv8, the shortest first. What the steps do is learnt by a search with memory in one order
 * before it; where the weaker memory leads to something else, that is learnt on the way, and the search made again.
 */
import type { Automaton } from '../machine/automaton.ts';
import { exhaust, type Progress } from '../search/exhaust.ts';
import { Futures } from '../search/futures.ts';
import { persistent } from '../search/reduce.ts';
import { Again } from '../search/space.ts';
import type { StepOrder } from './step-order.ts';
import { type WeakMove, WeakMoves } from './weak-moves.ts';
import { keyOf, type WeakState } from './weak-state.ts';

export interface WeakLimits {
  readonly maxStates: number;
  readonly until: number;
}

/** An actor, and which of the ways to take its step. */
export interface WeakStep {
  readonly actor: number;
  readonly way: number;
  /** What it does: the number of its leaf, and the values that its loads find. */
  readonly does: string;
}

export interface WeakSearched {
  readonly moves: WeakMoves;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly finals: number;
  readonly passes: number;
  readonly complete: boolean;
  /** The first end with which `onEnd` had enough, and the way to it. */
  readonly enough: { readonly schedule: readonly WeakStep[]; readonly state: WeakState } | null;
  /** Somebody has to wait for ever. */
  readonly stuck: { readonly schedule: readonly WeakStep[]; readonly state: WeakState } | null;
  /** The kernel broke down under somebody. */
  readonly crash: { readonly schedule: readonly WeakStep[]; readonly what: string } | null;
}

export interface WeakOptions {
  readonly orderOf: (leaf: Automaton['leaves'][number]) => StepOrder;
  readonly limits: WeakLimits;
  readonly onEnd: (moves: WeakMoves, state: WeakState) => boolean;
  readonly onProgress?: (progress: Progress) => void;
}

const PASSES_MAX = 40;

export function searchWeakly(automaton: Automaton, options: WeakOptions): WeakSearched {
  teach(automaton);
  for (let passes = 1;; passes++) {
    const pass = new Pass(automaton, options);
    const { version } = automaton;
    try {
      const done = pass.run();
      // Which actor may be followed alone relies on all that is known.
      if (automaton.version === version || passes >= PASSES_MAX)
        return { ...done, passes, complete: done.complete && automaton.version === version };
    } catch (cause) {
      if (!(cause instanceof Again) || passes >= PASSES_MAX) throw cause;
    }
  }
}

/**
 * The moves of a race of which all is known that memory in one order teaches. The same race has the same ones, whoever
 * asks.
 */
export function movesFor(automaton: Automaton, orderOf: WeakOptions['orderOf']): WeakMoves {
  teach(automaton);
  return new WeakMoves(automaton, orderOf, () => true);
}

const TAUGHT_MAX = 20_000;

/** What memory in one order teaches; how much of it changes no verdict, only how often a search has to begin again. */
function teach(automaton: Automaton): void {
  exhaust(automaton, { memory: 'sc', order: 'bfs', limits: { maxStates: TAUGHT_MAX, maxDepth: Infinity },
    reduce: persistent });
}

export const doingOf = ({ leaf, loads }: WeakMove): string =>
  `${leaf} ${loads.map(({ variable, value }) => `${variable}:${value}`).join()}`;

/**
 * The way of a search, which forgets stores that nobody looks at any more, told by the moves that forget none: those
 * can be made again by somebody who knows nothing.
 */
export function retraced(moves: WeakMoves, steps: readonly WeakStep[]): readonly WeakStep[] {
  const dead = new Set<string>();
  const way: WeakStep[] = [];
  const from = (state: WeakState, at: number): boolean => {
    if (at === steps.length) return true;
    const key = `${at} ${keyOf(state)}`;
    if (dead.has(key)) return false;
    const { actor, does } = steps[at];
    const found = moves.of(state, actor).some((move, nr) => {
      if (doingOf(move) !== does) return false;
      way[at] = { actor, way: nr, does };
      return from(move.state, at + 1);
    });
    if (!found) dead.add(key);
    return found;
  };
  if (!from(moves.initial(), 0)) throw new RangeError('a way that was found cannot be told');
  return way;
}

class Pass {
  private readonly moves: WeakMoves;
  private readonly seen = new Set<string>();
  private readonly parents: number[] = [-1];
  private readonly steps: WeakStep[] = [{ actor: -1, way: 0, does: '' }];
  private readonly queue: WeakState[] = [];
  private readonly alone: Alone;
  private transitions = 0;
  private finals = 0;
  private head = 0;

  constructor(private readonly automaton: Automaton, private readonly options: WeakOptions) {
    this.alone = new Alone(automaton);
    this.moves = new WeakMoves(automaton, options.orderOf, (a, place, v) => this.alone.mayTouch(a, place, v));
  }

  run(): Omit<WeakSearched, 'passes'> {
    const { limits, onEnd, onProgress } = this.options;
    const first = this.moves.initial();
    this.queue.push(first);
    this.seen.add(keyOf(first));
    let stuck: WeakSearched['stuck'] = null;
    let crash: WeakSearched['crash'] = null;
    let enough: WeakSearched['enough'] = null;
    let bounded = false;
    for (; this.head < this.queue.length; this.head++) {
      const { head } = this;
      const state = this.queue[head];
      // Where a state came from is told by numbers; the state itself is done with.
      this.queue[head] = first;
      if (this.queue.length > limits.maxStates || ((head & 255) === 0 && Date.now() > limits.until)) {
        bounded = true;
        break;
      }
      if ((head & 8191) === 0)
        onProgress?.({ states: this.queue.length, transitions: this.transitions, queue: this.queue.length - head,
          depth: this.depthOf(head) });
      if (this.moves.isThrough(state)) {
        this.finals++;
        if (onEnd(this.moves, state)) {
          enough = { schedule: this.wayTo(head), state };
          break;
        }
        continue;
      }
      if (this.follow(state, head)) continue;
      const what = this.crashIn(state);
      if (what !== null) crash ??= { schedule: this.wayTo(head), what };
      else stuck ??= { schedule: this.wayTo(head), state };
    }
    return { moves: this.moves, states: this.queue.length, transitions: this.transitions,
      depth: this.depthOf(Math.min(this.head, this.queue.length - 1)), finals: this.finals,
      complete: !bounded && enough === null, enough, stuck, crash };
  }

  /** False: nobody can go on. */
  private follow(state: WeakState, from: number): boolean {
    const all: (readonly WeakMove[])[] = [];
    for (let a = 0; a < this.automaton.actors.length; a++) {
      const moves = this.moves.of(state, a);
      if (moves.length > 0 && this.alone.goes(state, a)) {
        this.keep(moves, from);
        return true;
      }
      all.push(moves);
    }
    for (const moves of all) this.keep(moves, from);
    return all.some(({ length }) => length > 0);
  }

  private keep(moves: readonly WeakMove[], from: number): void {
    moves.forEach((move, way) => {
      const { actor, state } = move;
      this.transitions++;
      const key = keyOf(state);
      if (this.seen.has(key)) return;
      this.seen.add(key);
      this.queue.push(state);
      this.parents.push(from);
      this.steps.push({ actor, way, does: doingOf(move) });
    });
  }

  private crashIn(state: WeakState): string | null {
    for (const leaf of this.automaton.leaves)
      if (leaf.crash !== null && leaf.from === state.places[leaf.actor]) return leaf.crash;
    return null;
  }

  private wayTo(state: number): readonly WeakStep[] {
    const way: WeakStep[] = [];
    for (let at = state; this.parents[at] >= 0; at = this.parents[at]) way.push(this.steps[at]);
    return way.reverse();
  }

  private depthOf(state: number): number {
    let depth = 0;
    for (let at = state; this.parents[at] >= 0; at = this.parents[at]) depth++;
    return depth;
  }
}

/**
 * An actor whose step touches nothing that others may still change, and changes nothing that they may still look at,
 * can go first: in whatever order the others' steps come, they lead to the same.
 */
class Alone {
  private readonly futures: Futures;
  private readonly steps: (readonly { reads: Set<number>; writes: Set<number> }[])[];

  constructor(automaton: Automaton) {
    this.futures = new Futures(automaton, 'sc');
    this.steps = automaton.places.map((places) => places.map(() => ({ reads: new Set(), writes: new Set() })));
    for (const { actor, from, reads, writes, buffered } of automaton.leaves) {
      const step = this.steps[actor][from];
      for (const word of reads) if (automaton.variable(word) >= 0) step.reads.add(automaton.variable(word));
      for (const list of [writes, buffered]) for (let i = 0; i < list.length; i += 2) step.writes.add(list[i]);
    }
  }

  mayTouch(a: number, place: number, v: number): boolean {
    const { width } = this.futures;
    const [reads, writes] = [this.futures.reads(a), this.futures.writes(a)];
    // What is not known yet may do anything.
    if ((place + 1) * width > reads.length || v >> 5 >= width) return true;
    return ((reads[place * width + (v >> 5)] | writes[place * width + (v >> 5)]) & (1 << (v & 31))) !== 0;
  }

  goes({ places }: WeakState, a: number): boolean {
    const step = this.steps[a][places[a]];
    if (step === undefined) return false;
    const { width } = this.futures;
    return places.every((place, b) => {
      if (b === a) return true;
      const [reads, writes] = [this.futures.reads(b), this.futures.writes(b)];
      if ((place + 1) * width > reads.length) return false;
      const has = (set: Int32Array, v: number): boolean =>
        v >> 5 < width && (set[place * width + (v >> 5)] & (1 << (v & 31))) !== 0;
      for (const v of step.reads) if (has(writes, v)) return false;
      for (const v of step.writes) if (has(writes, v) || has(reads, v)) return false;
      return true;
    });
  }
}
