/**
 * Radix page tables over one pool of nodes. The same nodes also hold the page cache of files, as an xarray would: an
 * index in, a 32-bit entry out.
 */

import type { Geometry } from '../geometry.ts';
import { withinWorld } from './limits.ts';
import { isTable, makePte, pfnOf, PTE_PRESENT } from './pte.ts';

// Bound once; see world.ts.
const { floor, min } = Math;

export class PageTables {
  a: Int32Array = new Int32Array(0);
  /** Entries per node. */
  readonly fanout: number;
  private readonly bits: number;
  private readonly levels: number;
  /** Base pages per entry of each level. */
  private readonly spans: readonly number[];

  constructor(
    geometry: Geometry,
    private readonly header: () => Int32Array,
    private readonly countSlot: number,
    private readonly freeSlot: number,
    private readonly ensure: (nr: number) => void,
  ) {
    this.bits = geometry.bits;
    this.fanout = 1 << geometry.bits;
    this.levels = geometry.levels;
    this.spans = Array.from({ length: geometry.levels + 1 }, (_, level) => this.fanout ** level);
  }

  get top(): number {
    return this.levels - 1;
  }

  /** Base pages that an entry of `level` covers. */
  span(level: number): number {
    return this.spans[level];
  }

  /** The node that `allocate` will hand out next; decide names it in its event. */
  nextFree(): number {
    const header = this.header();
    return header[this.freeSlot] !== 0
      ? header[this.freeSlot] - 1
      : withinWorld(header[this.countSlot], 1, 'page tables');
  }

  take(node: number): void {
    const header = this.header();
    if (header[this.freeSlot] === node + 1) {
      const at = node * this.fanout;
      header[this.freeSlot] = this.a[at];
      this.a[at] = 0;
      return;
    }
    if (node !== header[this.countSlot]) throw new RangeError(`page table ${node} is not the next free one`);
    this.ensure(node + 1);
    this.header()[this.countSlot] = node + 1;
  }

  /** The node must hold nothing any more. */
  release(node: number): void {
    const at = node * this.fanout;
    this.a.fill(0, at, at + this.fanout);
    const header = this.header();
    this.a[at] = header[this.freeSlot];
    header[this.freeSlot] = node + 1;
  }

  indexAt(level: number, vpn: number): number {
    // Shifts where 32 bits are enough; the upper half of a 47-bit address space needs more.
    return vpn < 0x80000000
      ? (vpn >>> (level * this.bits)) & (this.fanout - 1)
      : floor(vpn / this.spans[level]) % this.fanout;
  }

  /**
   * Offset in `a` of the entry for `vpn` at `level`, or -1 where a table above it is missing (or a huge leaf is in the
   * way). `root` is the top-level node, -1 for none.
   */
  slot(root: number, level: number, vpn: number): number {
    let node = root;
    if (node < 0) return -1;
    for (let at = this.top; at > level; at--) {
      const entry = this.a[node * this.fanout + this.indexAt(at, vpn)];
      if (!isTable(entry)) return -1;
      node = pfnOf(entry);
    }
    return node * this.fanout + this.indexAt(level, vpn);
  }

  /**
   * Lowest level at which the walk for `vpn` ends: 0 at a PTE, above it where a huge leaf or a missing table stops
   * it.
   */
  levelOf(root: number, vpn: number): number {
    let node = root;
    if (node < 0) return this.levels;
    for (let at = this.top; at > 0; at--) {
      const entry = this.a[node * this.fanout + this.indexAt(at, vpn)];
      if (!isTable(entry)) return at;
      node = pfnOf(entry);
    }
    return 0;
  }

  /** The entry for `vpn` where the walk ends; 0 when there is none. */
  entry(root: number, vpn: number): number {
    const level = this.levelOf(root, vpn);
    return level >= this.levels ? 0 : this.a[this.slot(root, level, vpn)];
  }

  /** Link `node` as the table for `vpn` below `level`. */
  link(root: number, level: number, vpn: number, node: number): void {
    this.a[this.slot(root, level, vpn)] = makePte(node, PTE_PRESENT);
  }

  /** End (exclusive) of the span of one `level` entry that holds `vpn`, cut at `end`. */
  spanEnd(level: number, vpn: number, end: number): number {
    const span = this.spans[level];
    return min(end, (floor(vpn / span) + 1) * span);
  }
}
