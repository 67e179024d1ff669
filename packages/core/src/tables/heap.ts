/** Variable-length lists of 32-bit words inside the world: size classes of powers of two, one free list each. */

const CLASSES = 24;
const SMALLEST = 4;

export class Heap {
  a: Int32Array = new Int32Array(0);

  constructor(
    private readonly header: () => Int32Array,
    private readonly countSlot: number,
    private readonly freeSlot: number,
    private readonly ensure: (nr: number) => void,
  ) {}

  /** Room for at least `nr` words, zeroed. Returns the block's offset; its size is `sizeFor(nr)`. */
  allocate(nr: number): number {
    const size = Heap.sizeFor(nr);
    const slot = this.freeSlot + classOf(size);
    const header = this.header();
    const free = header[slot];
    if (free !== 0) {
      const at = free - 1;
      header[slot] = this.a[at];
      this.a[at] = 0;
      return at;
    }
    const at = header[this.countSlot];
    this.ensure(at + size);
    this.header()[this.countSlot] = at + size;
    return at;
  }

  release(at: number, nr: number): void {
    const size = Heap.sizeFor(nr);
    const slot = this.freeSlot + classOf(size);
    const header = this.header();
    this.a.fill(0, at, at + size);
    this.a[at] = header[slot];
    header[slot] = at + 1;
  }

  static sizeFor(nr: number): number {
    let size = SMALLEST;
    while (size < nr) size *= 2;
    return size;
  }
}

function classOf(size: number): number {
  const cls = 31 - Math.clz32(size);
  if (cls >= CLASSES) throw new RangeError(`heap: a list of ${size} words is more than a world holds`);
  return cls;
}
