/**
 * The words of a world, numbered, and watched while one atomic step runs on them. Which words a step reads and writes
 * is not declared anywhere: it is seen. That is what lets the checker drive the very code that runs sequentially.
 */
import { type Event, HEADER, plainRuns, type World } from '@cowlab/core';

/**
 * How a fact reaches the other CPUs. `plain`: by stores that may wait in a store buffer. `locked`: by an operation
 * that empties the buffer first. `direct`: at once; the words are the writer's own, or else it counts as locked.
 * `weak`: at once, and no earlier store is waited for. `acknowledged`: locked, and not done before the other CPUs of
 * this memory have answered an interrupt, all their stores made.
 */
export type StoreOrder = 'plain' | 'locked' | 'direct' | 'weak' | 'acknowledged';

type Words = Int32Array | Float64Array | Uint16Array;

export interface Section {
  readonly name: SectionName;
  readonly words: Words;
  /** Number of its first word. */
  readonly base: number;
}

export type SectionName = 'header' | 'mm' | 'vma' | 'task' | 'pin' | 'file' | 'folio' | 'swap' | 'device' | 'heap'
  | 'node' | 'meta' | 'extra' | 'stamp' | 'policy' | 'flag';

/**
 * Nobody decides by these, and every allocation moves them: which frames are free is asked of the pages themselves, and
 * each actor has frames of its own (`frames` below), so that a choice never depends on who came first.
 */
const ACCOUNTS: readonly number[] = [HEADER.PAGES_USED, HEADER.PAGES_PEAK, HEADER.PAGE_HINT, HEADER.PAGES];

/** What one step did. Words are in the order of their first access. */
export interface Access {
  readonly reads: readonly number[];
  /** Values as read, in the order of `reads`. */
  readonly values: readonly number[];
  readonly writes: ReadonlyMap<number, number>;
  /** Of these, the ones that plain stores made: they may wait in a store buffer. */
  readonly plain: ReadonlySet<number>;
  /** A locked operation was among the facts. */
  readonly locked: boolean;
  /** A weakened one was. */
  readonly weak: boolean;
  /** One that others had to acknowledge. */
  readonly acknowledged: boolean;
  /** What happened, in order. */
  readonly facts: readonly Event[];
}

/** The tables of a world, in an order that is the same for all of them. */
export function tablesOf(world: World): readonly (readonly [SectionName, Words])[] {
  return [['header', world.header], ['mm', world.mms.a], ['vma', world.vmas.a], ['task', world.tasks.a], ['pin',
    world.pins.a], ['file', world.files.a], ['folio', world.folios.records.a], ['swap', world.swaps.a], ['device',
    world.devices.a], ['heap', world.heap.a], ['node', world.tables.a], ['meta', world.pages.meta], ['extra',
    world.pages.extra], ['stamp', world.pages.stamp], ['policy', world.policyWords]];
}

/** Bad input rather than a finding. */
export class WorldFull extends RangeError {
  constructor() {
    super('the world of a race outgrew its buffer; ask for fewer pages, processes or pins');
  }
}

/** Frames that actors allocate from begin here, so many for each actor. */
export const POOL_START = 32;
export const POOL_FRAMES = 16;
export const FLAGS = 32;

export class WatchedWorld {
  readonly sections: readonly Section[];
  readonly nrWords: number;
  /** Words of the checker itself: which pins their drivers may use. */
  readonly flags = new Int32Array(FLAGS);
  /** First frame of the actor that runs. */
  pool = POOL_START;
  private readonly raw: readonly Words[];
  private readonly granted: Int32Array;
  private watching = false;
  private reads: number[] = [];
  private values: number[] = [];
  private readSet = new Set<number>();
  private written = new Map<number, number>();
  private readonly sectionAt: Uint8Array;
  private plain = new Set<number>();
  /** Written since the last fact: by the one that is about to be told of. */
  private latest: number[] = [];
  /** What happened in the step so far. */
  facts: Event[] = [];
  private locked = false;
  private weak = false;
  private acknowledged = false;

  /** The world is bound to watched views and is the caller's no more. */
  constructor(readonly world: World) {
    const all = [...tablesOf(world), ['flag', this.flags] as const];
    let base = 0;
    this.sections = all.map(([name, words]) => {
      const section = { name, words, base };
      base += words.length;
      return section;
    });
    this.nrWords = base;
    this.raw = this.sections.map(({ words }) => words);
    this.sectionAt = new Uint8Array(base);
    this.sections.forEach(({ base: from, words }, at) => this.sectionAt.fill(at, from, from + words.length));
    this.bind();
    this.granted = this.view(15) as Int32Array;
  }

  get(word: number): number {
    const at = this.sectionAt[word];
    return this.raw[at][word - this.sections[at].base];
  }

  set(word: number, value: number): void {
    const at = this.sectionAt[word];
    this.raw[at][word - this.sections[at].base] = value;
  }

  section(word: number): { readonly name: SectionName; readonly index: number } {
    const { name, base } = this.sections[this.sectionAt[word]];
    return { name, index: word - base };
  }

  wordOf(name: SectionName, index: number): number {
    const found = this.sections.find((section) => section.name === name);
    if (found === undefined) throw new RangeError(`there is no section ${name}`);
    return found.base + index;
  }

  watch(): void {
    this.watching = true;
    this.reads = [];
    this.values = [];
    this.readSet.clear();
    this.written = new Map();
    this.plain = new Set();
    this.latest = [];
    this.facts = [];
    this.locked = this.weak = this.acknowledged = false;
  }

  /** What was written since the last fact was written by such a fact. */
  fact(event: Event, order: StoreOrder): void {
    this.facts.push(event);
    if (order === 'plain') { for (const word of this.latest) this.plain.add(word); }
    this.latest.length = 0;
    if (order === 'locked' || order === 'acknowledged') this.locked = true;
    if (order === 'acknowledged') this.acknowledged = true;
    if (order === 'weak') this.weak = true;
  }

  /** Takes back what this step wrote, for later steps: pairs of a word and what it would have changed by. */
  withhold(): readonly number[] {
    const left: number[] = [];
    for (const [word, before] of this.written) {
      const by = this.get(word) - before;
      if (by === 0) continue;
      left.push(word, by);
      this.set(word, before);
    }
    return left;
  }

  /** What was withheld, now. */
  make(changes: readonly number[]): void {
    for (let i = 0; i < changes.length; i += 2) {
      const before = this.get(changes[i]);
      this.saw(changes[i], before);
      this.wrote(changes[i], before);
      this.set(changes[i], before + changes[i + 1]);
    }
  }

  /** The words are as they were before the step when this returns: what it wrote is in the answer. */
  unwatch(): Access {
    this.watching = false;
    const writes = new Map<number, number>();
    for (const [word, before] of this.written) {
      writes.set(word, this.get(word));
      this.set(word, before);
    }
    return { reads: this.reads, values: this.values, writes, plain: this.plain, locked: this.locked, weak: this.weak,
      acknowledged: this.acknowledged, facts: this.facts };
  }

  grant(pin: number): void {
    this.granted[pin] = 1;
  }

  isGranted(pin: number): boolean {
    return this.granted[pin] === 1;
  }

  private bind(): void {
    const w = this.world;
    const of = <T extends Words>(at: number): T => this.view(at) as T;
    w.header = of(0);
    [w.mms, w.vmas, w.tasks, w.pins, w.files, w.folios.records, w.swaps, w.devices].forEach((records, at) => {
      records.a = of(at + 1);
    });
    w.heap.a = of(9);
    w.tables.a = of(10);
    w.pages.meta = of(11);
    w.pages.extra = of(12);
    w.pages.stamp = of(13);
    w.policyWords = of(14);
    w.runs = plainRuns(w.tables.a, w.pages.meta, w.pages.extra);
    const { pages } = w;
    (pages as { frames: unknown }).frames = {
      next: () => this.firstFree(1),
      nextAligned: (nr: number) => this.firstFree(nr),
      runFrom: () => 1,
      take: () => undefined,
      reserve: () => undefined,
      release: () => undefined,
      bind: () => {
        throw new WorldFull();
      },
    };
  }

  /** The first aligned run of frames of the running actor that hold nothing. */
  private firstFree(nr: number): number {
    const { meta } = this.world.pages;
    for (let pfn = this.pool; pfn + nr <= this.pool + POOL_FRAMES; pfn += nr) {
      let free = true;
      for (let i = 0; i < nr && free; i++) free = meta[pfn + i] === 0;
      if (free) return pfn;
    }
    return -1;
  }

  private saw(word: number, value: number): void {
    if (this.written.has(word) || this.readSet.has(word)) return;
    this.readSet.add(word);
    this.reads.push(word);
    this.values.push(value);
  }

  private wrote(word: number, before: number): void {
    if (!this.written.has(word)) this.written.set(word, before);
    this.latest.push(word);
  }

  private view(at: number): Words {
    const { base, words } = this.sections[at];
    const skipped = at === 0 ? ACCOUNTS : [];
    const read = (index: number): number => {
      const word = base + index;
      const value = words[index];
      if (this.watching && !skipped.includes(index)) this.saw(word, value);
      return value;
    };
    const write = (index: number, value: number): void => {
      if (index >= words.length) throw new WorldFull();
      if (this.watching && skipped.includes(index)) return;
      const word = base + index;
      if (this.watching) this.wrote(word, words[index]);
      words[index] = value;
    };
    const fill = (value: number, from = 0, to = words.length): void => {
      for (let i = from; i < to; i++) write(i, value);
    };
    const copyWithin = (to: number, from: number, end: number): void => {
      const values = Array.from({ length: end - from }, (_, i) => read(from + i));
      values.forEach((value, i) => write(to + i, value));
    };
    return new Proxy(words, {
      get: (_, key) => {
        if (typeof key === 'string') {
          const index = Number(key);
          // Past its ends a table holds nothing, and nothing there ever changes.
          if (Number.isInteger(index)) return index >= 0 && index < words.length ? read(index) : undefined;
        }
        if (key === 'length') return words.length;
        if (key === 'fill') return fill;
        if (key === 'copyWithin') return copyWithin;
        throw new RangeError(`an atomic step used ${String(key)} of a table, which is not watched`);
      },
      set: (_, key, value: number) => {
        write(Number(key), value);
        return true;
      },
    });
  }
}
