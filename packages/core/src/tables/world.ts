/**
 * The whole simulated machine in one growable ArrayBuffer: every mm, VMA, page table, page, pin and swap slot is a word
 * in it. Cloning, hashing, comparing, saving and sending a world to a worker are therefore all one copy.
 *
 * The buffer is cut into sections. A section that runs out of room makes the buffer move to a larger one and every view
 * be rebound; nobody may hold a view across a call that can grow the world.
 */

import type { Geometry } from '../geometry.ts';
import { HEADER } from './header.ts';
import { Folios } from './folios.ts';
import { Heap } from './heap.ts';
import { PageTables } from './page-tables.ts';
import { Pages } from './pages.ts';
import { Records } from './records.ts';
import { allocateWasm, plainRuns, type Runs, type WasmMemory } from './runs.ts';
import { DEVICE, FILE, MM, PIN, SWAP, TASK, VMA } from './fields.ts';

// Bound once: looking up a global for every word is slow where modules run in a context of their own, as under jest.
const { imul } = Math;

const MAGIC = 0x434f574c; // "COWL"
const LAYOUT_VERSION = 1;

const enum S {
  Header,
  Mm,
  Vma,
  Task,
  Pin,
  File,
  Folio,
  Swap,
  Device,
  Heap,
  Node,
  Meta,
  Extra,
  Free,
  Full,
  Policy,
  Stamp,
  Sections,
}

/** Initial room, in items: a world that is sized for its machine never has to move to a larger buffer. */
export interface Capacity {
  readonly pages?: number;
  readonly nodes?: number;
}

/** Of the buffer, as room for a section that has none left. */
const PART = 64;

const align = (n: number, to: number): number => Math.ceil(n / to) * to;

export class World {
  header: Int32Array = new Int32Array(HEADER.WORDS);
  buffer: ArrayBuffer = new ArrayBuffer(0);
  /** Handles runs of entries of this world's page tables. Not to be kept across a call that can grow the world. */
  runs: Runs = plainRuns(new Int32Array(0), new Int32Array(0), new Int32Array(0));
  readonly mms: Records;
  readonly vmas: Records;
  readonly tasks: Records;
  readonly pins: Records;
  readonly files: Records;
  readonly swaps: Records;
  readonly devices: Records;
  readonly folios: Folios;
  readonly heap: Heap;
  readonly tables: PageTables;
  readonly pages: Pages;
  /** Words that policies asked for with `memoryWords`; in the buffer so that a cloned world clones them too. */
  policyWords: Int32Array = new Int32Array(0);
  /** Items each section has room for. */
  private caps: number[];
  private readonly bytesPerItem: readonly number[];

  constructor(readonly geometry: Geometry, capacity: Capacity = {}) {
    const header = (): Int32Array => this.header;
    const records = (width: number, table: number, section: S): Records =>
      new Records(width, header, HEADER.RECORDS + 2 * table, HEADER.RECORDS + 2 * table + 1, (nr) =>
        this.ensure(section, nr));
    this.mms = records(MM.WIDTH, 0, S.Mm);
    this.vmas = records(VMA.WIDTH, 1, S.Vma);
    this.tasks = records(TASK.WIDTH, 2, S.Task);
    this.pins = records(PIN.WIDTH, 3, S.Pin);
    this.files = records(FILE.WIDTH, 4, S.File);
    this.folios = new Folios(records(Folios.WIDTH, 5, S.Folio));
    this.swaps = records(SWAP.WIDTH, 6, S.Swap);
    this.devices = records(DEVICE.WIDTH, 7, S.Device);
    this.heap = new Heap(header, HEADER.HEAP, HEADER.HEAP_FREE, (nr) => this.ensure(S.Heap, nr));
    this.tables = new PageTables(geometry, header, HEADER.NODES, HEADER.NODE_FREE, (nr) => this.ensure(S.Node, nr));
    this.pages = new Pages(geometry, header, this.folios, (nr) => this.ensurePages(nr));
    this.bytesPerItem = [4, MM.WIDTH * 8, VMA.WIDTH * 8, TASK.WIDTH * 8, PIN.WIDTH * 8, FILE.WIDTH * 8,
      Folios.WIDTH * 8, SWAP.WIDTH * 8, DEVICE.WIDTH * 8, 4, 4 << geometry.bits, 4, 4, 4, 4, 4, 2];
    // Toy worlds stay tiny, for there may be millions of them; others start with what small programs need.
    this.caps = geometry.bits < 4
      ? [HEADER.WORDS, 2, 8, 2, 2, 2, 2, 2, 2, 64, 8, 32, 32, 1, 1, 0, 32]
      : [HEADER.WORDS, 6, 32, 6, 16, 4, 16, 2, 4, 1024, 24, 64, 64, 2, 1, 0, 64];
    if (capacity.pages !== undefined) this.roomForPages(capacity.pages);
    if (capacity.nodes !== undefined) this.caps[S.Node] = Math.max(capacity.nodes, this.caps[S.Node]);
    this.layout();
    const h = this.header;
    h[HEADER.MAGIC] = MAGIC;
    h[HEADER.VERSION] = LAYOUT_VERSION;
    h[HEADER.BITS] = geometry.bits;
    h[HEADER.LEVELS] = geometry.levels;
    h[HEADER.PAGES_LIMIT] = 0x7fffffff;
    this.pages.reserveZeroPage();
  }

  ensurePolicyWords(nr: number): void {
    this.ensure(S.Policy, nr);
    if (nr > this.header[HEADER.POLICY_WORDS]) this.header[HEADER.POLICY_WORDS] = nr;
  }

  /**
   * Room for so many records of each kind, page tables, frames and heap words, so that the buffer need not move for a
   * while.
   */
  reserve(records: number, nodes: number, pages: number, words: number): void {
    for (const section of [S.Mm, S.Vma, S.Task, S.Pin, S.File, S.Folio, S.Swap, S.Device])
      this.ensure(section, records);
    this.ensure(S.Node, nodes);
    this.ensure(S.Heap, words);
    this.ensurePages(pages);
    if (pages > this.header[HEADER.PAGES]) this.header[HEADER.PAGES] = pages;
  }

  clone(): World {
    const copy = new World(this.geometry);
    copy.caps = [...this.caps];
    copy.layout(this.buffer);
    return copy;
  }

  /** A world from words that `save` gave. The caller has checked where they come from; the magic is checked here. */
  static from(geometry: Geometry, words: ArrayBuffer, caps: readonly number[]): World {
    const world = new World(geometry);
    world.caps = [...caps];
    if (words.byteLength !== world.offsets()[S.Sections])
      throw new RangeError('world: the buffer does not have the size its sections ask for');
    world.layout(words);
    const h = world.header;
    if (h[HEADER.MAGIC] !== MAGIC || h[HEADER.VERSION] !== LAYOUT_VERSION || h[HEADER.BITS] !== geometry.bits
      || h[HEADER.LEVELS] !== geometry.levels)
    {
      throw new RangeError('world: not a world of this layout version and geometry');
    }
    return world;
  }

  /** The buffer as it stands and the sections' sizes in items: what `from` takes. */
  save(): { readonly words: ArrayBuffer; readonly caps: readonly number[] } {
    return { words: this.buffer.slice(0, this.lastOffsets[S.Sections]), caps: [...this.caps] };
  }

  /** Bytes the sections hold in use, without the slack that growing leaves. */
  get bytesUsed(): number {
    return this.used().reduce((sum, nr, section) => sum + nr * this.bytesPerItem[section], 0);
  }

  /**
   * 53 bits over everything the machine holds. Slack does not count, and neither do trailing zero words, so two worlds
   * that went through different buffer moves hash alike.
   */
  hash(): string {
    let a = 0x811c9dc5 | 0;
    let b = 0x41c6ce57 | 0;
    const offsets = this.offsets();
    const used = this.used();
    for (let section = 0; section < S.Sections; section++) {
      const words = new Int32Array(this.buffer, offsets[section], (offsets[section + 1] - offsets[section]) >> 2);
      let end = Math.min(words.length, Math.ceil((used[section] * this.bytesPerItem[section]) / 4));
      while (end > 0 && words[end - 1] === 0) end--;
      a = imul(a ^ section, 0x01000193);
      for (let i = 0; i < end; i++) {
        const word = words[i];
        a = imul(a ^ word, 0x85ebca6b);
        a ^= a >>> 15;
        b = (imul(b ^ word, 0xc2b2ae35) + i) | 0;
      }
      b = imul(b ^ end, 0x27d4eb2f);
    }
    return ((b >>> 0) & 0x1fffff).toString(16).padStart(6, '0') + (a >>> 0).toString(16).padStart(8, '0');
  }

  private used(): number[] {
    const h = this.header;
    const pages = h[HEADER.PAGES];
    const count = (table: number): number => h[HEADER.RECORDS + 2 * table];
    return [HEADER.WORDS, count(0), count(1), count(2), count(3), count(4), count(5), count(6), count(7),
      h[HEADER.HEAP], h[HEADER.NODES], pages, pages, Math.ceil(pages / 32), Math.ceil(pages / 1024),
      h[HEADER.POLICY_WORDS], pages];
  }

  private ensurePages(nr: number): void {
    if (nr <= this.caps[S.Meta]) return;
    // The free map has one bit a page and one summary bit a map word: whole summary words keep the arithmetic simple.
    this.roomForPages(Math.max(nr, this.grown(this.caps[S.Meta])));
    this.move();
  }

  private roomForPages(nr: number): void {
    const pages = align(Math.max(nr, this.caps[S.Meta]), 32);
    this.caps[S.Meta] = this.caps[S.Extra] = this.caps[S.Stamp] = pages;
    this.caps[S.Free] = pages / 32;
    this.caps[S.Full] = Math.ceil(pages / 1024);
  }

  private ensure(section: S, nr: number): void {
    if (nr <= this.caps[section]) return;
    // A few records more must not move a large machine each time: what moves it gets a part of it.
    const part = Math.floor(this.buffer.byteLength / PART / this.bytesPerItem[section]);
    this.caps[section] = Math.max(nr, this.grown(this.caps[section]), part);
    this.move();
  }

  /** Small worlds double; a world of millions of pages grows by an eighth, or its slack would outweigh it. */
  private grown(cap: number): number {
    return cap < 65536 ? cap * 2 : cap + (cap >> 3);
  }

  private offsets(): number[] {
    const offsets = [0];
    for (let section = 0; section < S.Sections; section++) {
      offsets.push(align(offsets[section] + this.caps[section] * this.bytesPerItem[section], 8));
    }
    return offsets;
  }

  /** Each section to its place in a larger buffer: the same memory grown where there is one, else a new one. */
  private move(): void {
    const old = this.lastOffsets;
    const offsets = this.offsets();
    if (this.wasm?.grow(offsets[S.Sections]) === true) {
      this.spread(new Uint8Array(this.wasm.buffer), old, offsets);
      this.bind(offsets);
      return;
    }
    const from = this.buffer;
    this.layout();
    for (let section = 0; section < S.Sections; section++) {
      const bytes = old[section + 1] - old[section];
      if (bytes > 0)
        new Uint8Array(this.buffer, offsets[section], bytes).set(new Uint8Array(from, old[section], bytes));
    }
  }

  /** Sections only grow, so the last one goes first, and nothing is written over that has yet to move. */
  private spread(bytes: Uint8Array, old: readonly number[], offsets: readonly number[]): void {
    for (let section = S.Sections - 1; section >= 0; section--) {
      const [from, to, length] = [old[section], offsets[section], old[section + 1] - old[section]];
      if (to !== from) bytes.copyWithin(to, from, from + length);
      // The room that it gained holds what lay there before; beyond the old end nothing did.
      const dirty = Math.min(offsets[section + 1], old[S.Sections]);
      if (dirty > to + length) bytes.fill(0, to + length, dirty);
    }
  }

  private lastOffsets: readonly number[] = [];
  private wasm: WasmMemory | null = null;

  /**
   * A new buffer of the size that the sections ask for, holding `words` if they are given, and every view bound to
   * it.
   */
  private layout(words?: ArrayBuffer): void {
    const offsets = this.offsets();
    const bytes = offsets[S.Sections];
    this.wasm = allocateWasm(bytes);
    const buffer = this.wasm === null ? new ArrayBuffer(bytes) : this.wasm.buffer;
    if (words !== undefined) new Uint8Array(buffer, 0, bytes).set(new Uint8Array(words, 0, bytes));
    this.bind(offsets, buffer);
  }

  /** Every view on the buffer as it lies there now. */
  private bind(offsets: readonly number[], buffer?: ArrayBuffer): void {
    const { wasm } = this;
    this.buffer = buffer ?? wasm?.buffer ?? this.buffer;
    this.lastOffsets = offsets;
    const i32 = (section: S): Int32Array =>
      new Int32Array(this.buffer, offsets[section], this.caps[section] * (this.bytesPerItem[section] / 4));
    const f64 = (section: S): Float64Array =>
      new Float64Array(this.buffer, offsets[section], this.caps[section] * (this.bytesPerItem[section] / 8));
    this.header = i32(S.Header);
    this.mms.a = f64(S.Mm);
    this.vmas.a = f64(S.Vma);
    this.tasks.a = f64(S.Task);
    this.pins.a = f64(S.Pin);
    this.files.a = f64(S.File);
    this.folios.records.a = f64(S.Folio);
    this.swaps.a = f64(S.Swap);
    this.devices.a = f64(S.Device);
    this.heap.a = i32(S.Heap);
    this.tables.a = i32(S.Node);
    this.policyWords = i32(S.Policy);
    this.pages.bind(i32(S.Meta), i32(S.Extra), i32(S.Free), i32(S.Full),
      new Uint16Array(this.buffer, offsets[S.Stamp], this.caps[S.Stamp]));
    this.runs = wasm === null
      ? plainRuns(this.tables.a, this.pages.meta, this.pages.extra)
      : wasm.bind(offsets[S.Node], offsets[S.Meta], offsets[S.Extra]);
  }
}
