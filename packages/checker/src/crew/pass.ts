/** One pass of a search that several threads make: it has the kernel, tells the threads what to do, and counts. */
import type { Automaton } from '../machine/automaton.ts';
import type { Buffers } from '../memory/buffers.ts';
import type { Value } from '../search/explored.ts';
import { SearchMoves } from '../search/search-moves.ts';
import { type CommandName, COMMANDS, type Helpers } from './helpers.ts';
import { type Changed, COMMAND, COUNTS, DONE, GENERATION, LEVEL_BASE, LEVEL_SIZE, LEVEL_START, type LevelMemory, MOVES,
  type Setup, Share, startLevel, STOP, STUCK, THROUGH } from './share.ts';
import { bytesOf, type Hindrance, shared } from './shared-table.ts';
import { SharedSpace } from './shared-space.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';
import type { TogetherOptions } from './together-options.ts';
import { awaitChange } from './waiting.ts';

export interface End {
  readonly kind: 'enough' | 'crash' | 'stuck' | null;
  readonly what: string;
}

export interface Course {
  states: number;
  transitions: number;
  depth: number;
  finals: number;
  stuck: number;
  bytes: number;
  complete: boolean;
  end: End;
  /** To that end: actors and moves of them, as levels number them. */
  way: readonly number[];
}

const WAKE = 400;
/** Before a level there is room for so many times its states. */
const AHEAD = 2;
/** A thread that has not answered by then never will. */
const PATIENCE_MS = 120_000;
const NOWHERE: End = { kind: null, what: '' };

/** What the pass relied on has changed: it is made again. */
class Void extends Error {}
/** There is no more memory that it may use, or no more time. */
class Bound extends Error {}

export class Pass {
  private readonly sizes: readonly number[];
  private readonly parts: readonly number[];
  private readonly space: SharedSpace;
  private readonly control: Int32Array;
  private readonly share: Share;
  private level: LevelMemory;
  private readonly nrMoves: number;
  private readonly starts: number[] = [0];
  private readonly course: Course = { states: 1, transitions: 0, depth: 0, finals: 0, stuck: 0, bytes: 0,
    complete: false, end: NOWHERE, way: [] };
  private readonly version: number;
  private readonly corrections: number;
  private awake = false;

  constructor(
    private readonly automaton: Automaton,
    private readonly options: TogetherOptions,
    private readonly stores: Buffers,
    private readonly helpers: Helpers,
  ) {
    const snapshot = snapshotOf(automaton, stores, options.reduce);
    this.version = automaton.version;
    this.corrections = automaton.corrections;
    this.sizes = new SearchMoves(automaton, options.memory, stores).sizes(!automaton.settled);
    this.parts = partsOf(automaton, options.memory);
    this.space = new SharedSpace(this.sizes, this.parts);
    this.nrMoves = 2 * automaton.actors.length;
    this.level = this.levelFor(1);
    this.level.order[0] = this.space.keepFirst();
    this.space.pairs.leaveChunk();
    this.control = shared(COUNTS + helpers.nr + 1);
    this.share = new Share(this.setup(0, snapshot), options.limits.until);
  }

  run(): { readonly course: Course; readonly again: boolean } {
    const { course } = this;
    try {
      while (this.oneLevel());
      // A reduction relies on all that is known.
      return { course: this.told(), again: this.hasLearnt };
    } catch (cause) {
      if (cause instanceof Bound) {
        course.end = NOWHERE;
        return { course: this.told(), again: false };
      }
      if (cause instanceof Void) return { course: this.told(), again: true };
      throw cause;
    } finally {
      if (this.awake) this.tell('end');
    }
  }

  private told(): Course {
    const { kinds, scatter } = this.level;
    this.course.bytes = this.space.bytes + 8 * this.course.states + kinds.length + 4 * scatter.length;
    return this.course;
  }

  private get hasLearnt(): boolean {
    const { automaton } = this;
    return automaton.corrections !== this.corrections || (this.options.reduce && automaton.version !== this.version);
  }

  private setup(thread: number, snapshot: Snapshot): Setup {
    const { memory, reduce } = this.options;
    return { threads: this.helpers.nr + 1, thread, memory, reduce, sizes: this.sizes, parts: this.parts,
      control: this.control, snapshot, space: this.space.memory, level: this.level };
  }

  /** False: it was the last. */
  private oneLevel(): boolean {
    const { control, course, options: { limits, onProgress } } = this;
    const start = this.starts[course.depth];
    const size = course.states - start;
    if (course.states > limits.maxStates) return false;
    control[LEVEL_START] = start;
    control[LEVEL_SIZE] = size;
    this.roomFor(size);
    control[LEVEL_BASE] = this.space.pairs.given;
    const threads = size < (this.options.wake ?? WAKE) || this.helpers.nr === 0 ? 1 : this.helpers.nr + 1;
    for (;;) {
      startLevel(control);
      const hindrances = this.all('expand', threads);
      if (hindrances.length === 0) break;
      this.clear(hindrances, size);
    }
    this.all('scatter', threads);
    this.all('count', threads);
    this.all('rank', threads);
    let fresh = 0;
    for (let t = 0; t < threads; t++) fresh += control[COUNTS + t];
    onProgress?.({ states: course.states, transitions: course.transitions, queue: size, depth: course.depth });
    return this.judge(start, size, fresh);
  }

  /** What one thread would have come to in this level, state by state. */
  private judge(start: number, size: number, fresh: number): boolean {
    const { course, options: { limits, onFinal }, level: { kinds } } = this;
    const before = course.states;
    const last = this.lastFollowed(before, size, fresh);
    for (let rank = 0; rank < last; rank++) {
      const kind = kinds[rank];
      course.transitions += kind & MOVES;
      if (kind === STUCK) {
        course.stuck++;
        this.stuckAt(start, rank);
      } else if (kind === THROUGH) {
        course.finals++;
        this.share.take(rank);
        if (!onFinal(this.valueAtHand)) continue;
        course.end = { kind: 'enough', what: '' };
        course.way = this.wayTo(start + rank);
        course.states = before + this.foundBy(before, fresh, rank);
        return false;
      }
    }
    course.states = before + this.foundBy(before, fresh, last);
    // The limit was met on the way.
    if (last < size || course.states > limits.maxStates) return false;
    if (fresh === 0) {
      course.complete = true;
      return false;
    }
    if (course.depth >= (limits.maxDepth ?? Infinity)) return false;
    this.starts.push(before);
    course.depth++;
    return true;
  }

  private readonly valueAtHand: Value = (variable) => {
    const { base, space } = this.share.search;
    return base + variable < space.sizes.length ? space.get(0, base + variable) : 0;
  };

  /** The first crash, else the first state in which nobody can go on. */
  private stuckAt(start: number, rank: number): void {
    const { course, share } = this;
    if (course.end.kind === 'crash') return;
    share.take(rank);
    const what = share.search.crashIn(0);
    if (what === null && course.end.kind !== null) return;
    course.end = { kind: what === null ? 'stuck' : 'crash', what: what ?? '' };
    course.way = this.wayTo(start + rank);
  }

  /** Of the level, how many states are followed before there are more states than there may be. */
  private lastFollowed(before: number, size: number, fresh: number): number {
    const over = this.options.limits.maxStates - before;
    return over >= fresh ? size : Math.min(size, this.parentOf(before + over) + 1);
  }

  /** How many of the new states are found from the first so many of the level. */
  private foundBy(before: number, fresh: number, parents: number): number {
    let [low, high] = [0, fresh];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.parentOf(before + middle) < parents) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private parentOf(number: number): number {
    const { keys, order } = this.level;
    return Math.floor((keys[order[number]] - 1) / this.nrMoves);
  }

  private wayTo(number: number): readonly number[] {
    const { keys, order } = this.level;
    const way: number[] = [];
    for (let at = number, depth = this.course.depth; depth > 0; depth--) {
      way.push((keys[order[at]] - 1) % this.nrMoves);
      at = this.starts[depth - 1] + this.parentOf(at);
    }
    return way.reverse();
  }

  /** What keeps threads from going on, done away with. */
  private clear(hindrances: readonly Hindrance[], size: number): void {
    const done = new Set<string>();
    let learnt = false;
    for (const what of hindrances) {
      if (what.kind === 'late') throw new Bound();
      if (what.kind === 'room') this.roomFor(size, true);
      const key = what.kind === 'learn' ? `${what.actor} ${what.place} ${what.values.join()}` : '';
      if (what.kind === 'room' || (what.kind === 'learn' && done.has(key))) continue;
      done.add(key);
      learnt = true;
      if (what.kind === 'learn') this.automaton.learn(what.actor, what.place, what.values);
      else this.stores.number(what.stores);
    }
    if (!learnt) return;
    const snapshot = snapshotOf(this.automaton, this.stores, this.options.reduce);
    if (this.hasLearnt || !this.fits()) throw new Void();
    this.change({ snapshot });
  }

  /** Does all that is known now have room in the states as they are laid out? */
  private fits(): boolean {
    const { automaton, stores, space, options: { memory } } = this;
    const base = memory === 'tso' ? 2 * automaton.actors.length : automaton.actors.length;
    const holds = (field: number, nr: number): boolean => field < this.sizes.length && nr <= space.mask[field] + 1;
    return automaton.places.every(({ length }, a) => holds(a, length))
      && (memory === 'sc'
        || automaton.actors.every((_, a) => holds(automaton.actors.length + a, stores.contents.length)))
      && automaton.variables.every(({ values }, v) => holds(base + v, values.length));
  }

  /** Before a level; `more`: there was too little. */
  private roomFor(size: number, more = false): void {
    const { space, options: { limits: { maxBytes = Infinity } } } = this;
    if (this.reserved > maxBytes) throw new Bound();
    const wanted = AHEAD * size + 1024;
    const grown = space.tables.flatMap((table, i) =>
      table.given + (i === 0 ? wanted : wanted >> 2) > table.room || (more && table.given + wanted > table.room)
        ? [i]
        : []
    );
    const nr = Math.max(space.pairs.room, ...grown.map((i) => (i === 0 ? space.pairs.roomAfter(wanted) : 0)));
    const hasLevel = this.level.keys.length >= nr && this.level.kinds.length >= size
      && this.level.scatter.length >= size * this.nrMoves;
    if (grown.length === 0 && hasLevel) return;
    const next = grown.map((i) => space.tables[i].roomAfter(wanted) * (space.tables[i].width + 2) * 4);
    const level = nr * 8 + size * (1 + 4 * this.nrMoves);
    if (this.reserved + next.reduce((sum, bytes) => sum + bytes, 0) + (hasLevel ? 0 : level) > maxBytes)
      throw new Bound();
    for (const i of grown) space.tables[i].memory = space.tables[i].grown(wanted);
    if (!hasLevel) this.level = this.levelFor(size);
    this.change({ space: space.memory, level: this.level, grown });
    if (grown.length > 0) this.all('fill', this.awake ? this.helpers.nr + 1 : 1);
  }

  /** Of all that threads share. */
  private get reserved(): number {
    const { keys, order, kinds, scatter } = this.level;
    return this.space.tables.reduce((sum, { memory }) => sum + bytesOf(memory), 0) + kinds.length
      + 4 * (keys.length + order.length + scatter.length);
  }

  private levelFor(size: number): LevelMemory {
    const records = this.space.pairs.room;
    const larger = (words: Int32Array | undefined, nr: number): Int32Array => {
      if (words !== undefined && words.length >= nr) return words;
      const to = shared(nr);
      if (words !== undefined) to.set(words);
      return to;
    };
    const old = this.level as LevelMemory | undefined;
    const nr = Math.max(1024, size + (size >> 1));
    return { keys: larger(old?.keys, records), order: larger(old?.order, records),
      kinds: old !== undefined && old.kinds.length >= size ? old.kinds : new Uint8Array(new SharedArrayBuffer(nr)),
      scatter: old !== undefined && old.scatter.length >= size * this.nrMoves
        ? old.scatter
        : shared(nr * this.nrMoves) };
  }

  private change(changed: Changed): void {
    this.share.change(changed);
    if (!this.awake) return;
    for (let t = 1; t <= this.helpers.nr; t++) this.helpers.send(t, changed);
    this.all('read', this.helpers.nr + 1);
  }

  /** Everybody does it, this thread too. Returns why somebody could not. */
  private all(command: Exclude<CommandName, 'end'>, threads: number): readonly Hindrance[] {
    const { control, helpers, share } = this;
    if (threads > 1) {
      if (!this.awake) {
        const snapshot = snapshotOf(this.automaton, this.stores, this.options.reduce);
        for (let t = 1; t <= helpers.nr; t++) helpers.send(t, this.setup(t, snapshot));
        this.awake = true;
      }
      control[DONE] = 0;
      this.tell(command);
    }
    if (command === 'expand') share.expand();
    else if (command === 'scatter') share.scatter();
    else if (command === 'count') share.count(threads);
    else if (command === 'rank') share.rank(threads);
    else if (command === 'fill') share.fill(threads);
    if (threads > 1) this.await();
    const own = command === 'expand' && share.hindrance !== null ? [share.hindrance] : [];
    if (Atomics.load(control, STOP) === 0 || threads === 1) return own;
    return [...own, ...helpers.reports().map((report) => {
      if (report.kind === 'broken') throw new Error(`a thread of the search broke: ${report.what}`);
      return report;
    })];
  }

  private tell(command: CommandName): void {
    Atomics.store(this.control, COMMAND, COMMANDS[command]);
    Atomics.add(this.control, GENERATION, 1);
    Atomics.notify(this.control, GENERATION);
  }

  private await(): void {
    const { control, helpers } = this;
    for (let done = Atomics.load(control, DONE); done < helpers.nr; done = Atomics.load(control, DONE)) {
      awaitChange(control, DONE, done, PATIENCE_MS);
      if (Atomics.load(control, DONE) === done) throw new Error('a thread of the search does not answer');
    }
  }
}

/**
 * Which half of a state each field is in. A half that has an actor's place and what this actor alone looks at comes
 * again in many states; one that has all places would be another one in nearly each.
 */
function partsOf({ actors, variables }: Automaton, memory: TogetherOptions['memory']): readonly number[] {
  const half = actors.map((_, a) => a % 2);
  const alone = (bits: number): number => actors.findIndex((_, a) => bits === 1 << a);
  return [...half, ...(memory === 'tso' ? half : []), ...variables.map(({ actors: bits }) => half[alone(bits)] ?? 1)];
}
