/**
 * A litmus test on ARMv8. All stores are promised first, in every order that they may have; whether each thread can
 * keep its promises is then a question to that thread alone, which runs through its trace with the views of
 * `memory/views.ts`. That loses nothing: what a thread does next depends on the list of stores only.
 */
import { barrier, beforeLoad, beforeStore, branch, earliest, fullAtomic, isAlone, isExclusive, load, store, type Stores,
  viewsFor } from '../memory/views.ts';
import { demands, type End, holds } from './condition.ts';
import type { LitmusTest } from './program.ts';
import { type Event, TooLarge, type Trace, tracesOf } from './traces.ts';

/** A promised store: whose, and which of its own. */
interface Promised {
  readonly thread: number;
  readonly nr: number;
  readonly word: number;
  readonly value: number;
}

/** An end that answers the question, and the order of stores that leads to it; null: there is none. */
export interface Witness {
  readonly traces: readonly Trace[];
  readonly stores: readonly Promised[];
}

const MAX_ORDERS = 3_000_000;

export function witness(test: LitmusTest): Witness | null {
  let found: Witness | null = null;
  eachEnd(test, (traces, stores, end) => {
    if (!holds(test.condition, end)) return false;
    found = { traces, stores };
    return true;
  });
  return found;
}

/** Calls `onEnd` for ends that the model allows until it answers true; some more than once. */
export function eachEnd(
  test: LitmusTest,
  onEnd: (traces: readonly Trace[], stores: readonly Promised[], end: End) => boolean,
): void {
  const traces = tracesOf(test);
  const finals = new Map(
    demands(test.condition).flatMap((demand) => demand.kind === 'word' ? [[demand.word, demand.value] as const] : []),
  );
  const chosen: Trace[] = [];
  const choose = (thread: number): boolean => {
    if (thread === traces.length)
      return canEnd(chosen, test, finals) && new Ordering(test, [...chosen], finals, onEnd).run();
    return traces[thread].some((trace) => {
      chosen[thread] = trace;
      return choose(thread + 1);
    });
  };
  choose(0);
}

/** Each load finds its value, and each word its last one, at somebody's store or from the start. */
function canEnd(traces: readonly Trace[], test: LitmusTest, finals: ReadonlyMap<number, number>): boolean {
  const has = (word: number, value: number): boolean =>
    traces.some(({ stores }) => stores.some((each) => each.word === word && each.value === value));
  for (const { events } of traces) {
    for (const event of events)
      if (event.kind === 'load' && event.value !== test.initial[event.word] && !has(event.word, event.value))
        return false;
  }
  for (const [word, value] of finals) {
    const stored = traces.some(({ stores }) => stores.some((each) => each.word === word));
    if (stored ? !has(word, value) : test.initial[word] !== value) return false;
  }
  return true;
}

class Ordering {
  private readonly order: Promised[] = [];
  private readonly stores: Stores;
  /** Per thread and store: those of the same thread that must come before it, as bits. */
  private readonly before: readonly (readonly number[])[];
  private readonly left: Int32Array;
  private readonly placed: Int32Array;
  private readonly times: readonly Int32Array[];
  private orders = 0;

  constructor(
    private readonly test: LitmusTest,
    private readonly traces: readonly Trace[],
    private readonly finals: ReadonlyMap<number, number>,
    private readonly onEnd: (traces: readonly Trace[], stores: readonly Promised[], end: End) => boolean,
  ) {
    const { order } = this;
    this.stores = { get length() {
      return order.length;
    }, word: (time) => order[time - 1].word, thread: (time) => order[time - 1].thread };
    this.before = traces.map(orderedBefore);
    this.left = new Int32Array(test.words.length);
    for (const { stores } of traces) for (const { word } of stores) this.left[word]++;
    this.placed = new Int32Array(traces.length);
    this.times = traces.map(({ stores }) => new Int32Array(stores.length));
  }

  /** True: `onEnd` had enough. */
  run(): boolean {
    const { traces, order, left, placed, before, finals, times } = this;
    let complete = true;
    for (let thread = 0; thread < traces.length; thread++) {
      const { stores } = traces[thread];
      for (let nr = 0; nr < stores.length; nr++) {
        if ((placed[thread] & (1 << nr)) !== 0) continue;
        complete = false;
        if ((before[thread][nr] & ~placed[thread]) !== 0) continue;
        const { word, value } = stores[nr];
        if (left[word] === 1 && finals.has(word) && finals.get(word) !== value) continue;
        placed[thread] |= 1 << nr;
        left[word]--;
        order.push({ thread, nr, word, value });
        times[thread][nr] = order.length;
        const enough = this.run();
        order.pop();
        left[word]++;
        placed[thread] &= ~(1 << nr);
        if (enough) return true;
      }
    }
    return complete && this.ends();
  }

  private ends(): boolean {
    if (++this.orders > MAX_ORDERS) throw new TooLarge(`there are more than ${MAX_ORDERS} orders of its stores`);
    if (!this.traces.every((trace, thread) => this.keeps(trace, thread, 0, 0, 0, viewsFor(this.test.words.length), [])))
      return false;
    return this.onEnd(this.traces, this.order, {
      register: (thread, register) => this.traces[thread].registers.get(register) ?? 0,
      word: (word) => this.order.findLast((each) => each.word === word)?.value ?? this.test.initial[word],
    });
  }

  /** Can the thread go through its trace, each store at its time? */
  private keeps(
    trace: Trace,
    thread: number,
    from: number,
    nrStores: number,
    loadedAt: number,
    v: Int32Array,
    got: readonly number[],
  ): boolean {
    const { stores } = this;
    let views = got;
    let nr = nrStores;
    let read = loadedAt;
    for (let at = from; at < trace.events.length; at++) {
      const event = trace.events[at];
      if (event.kind === 'load') {
        const times = this.readable(event, v, views);
        if (times.length === 0) return false;
        if (times.length > 1) {
          return times.some((time) => {
            const branched = v.slice();
            const view = load(branched, event, viewOf(views, event.address), time);
            return this.keeps(trace, thread, at + 1, nr, time, branched, [...views, view]);
          });
        }
        views = [...views, load(v, event, viewOf(views, event.address), times[0])];
        read = times[0];
      } else if (event.kind === 'store') {
        const time = this.times[thread][nr++];
        const [address, data] = [viewOf(views, event.address), viewOf(views, event.data)];
        const what = { word: event.word, release: event.release, exclusive: event.how !== 'alone' };
        if (beforeStore(v, what, address, data) >= time) return false;
        if (event.how === 'exclusive' && !isExclusive(v, stores, thread, event.word, time)) return false;
        if ((event.how === 'paired' || event.how === 'full') && !isAlone(stores, thread, event.word, read, time))
          return false;
        store(v, what, address, data, time);
        if (event.how === 'full') fullAtomic(v, time);
      } else if (event.kind === 'barrier') barrier(v, event.what);
      else branch(v, viewOf(views, event.on));
    }
    return true;
  }

  /** The times at which the load finds its value. */
  private readable(
    event: Extract<Event, { readonly kind: 'load' }>,
    v: Int32Array,
    views: readonly number[],
  ): number[] {
    const { order } = this;
    const { word, value, strength, address } = event;
    const first = earliest(v, this.stores, word, beforeLoad(v, strength, viewOf(views, address)));
    const times: number[] = [];
    if (first === 0 && this.test.initial[word] === value) times.push(0);
    for (let time = Math.max(first, 1); time <= order.length; time++)
      if (order[time - 1].word === word && order[time - 1].value === value) times.push(time);
    return times;
  }
}

function viewOf(views: readonly number[], from: number): number {
  let view = 0;
  for (let bits = from, at = 0; bits !== 0; bits >>>= 1, at++) if ((bits & 1) !== 0) view = Math.max(view, views[at]);
  return view;
}

/** Stores of one thread that can only stand in their order: to one word, before a release, on both sides of a barrier. */
function orderedBefore({ events }: Trace): readonly number[] {
  const before: number[] = [];
  const words: number[] = [];
  let fenced = 0;
  for (const event of events) {
    if (event.kind === 'barrier' && (event.what === 'sy' || event.what === 'st')) fenced = (1 << words.length) - 1;
    if (event.kind !== 'store') continue;
    let bits = event.release ? (1 << words.length) - 1 : fenced;
    words.forEach((word, nr) => {
      if (word === event.word) bits |= 1 << nr;
    });
    before.push(bits);
    words.push(event.word);
  }
  return before;
}
