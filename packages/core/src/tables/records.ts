/**
 * A table of fixed-width records of doubles inside the world's buffer (mms, VMAs, pins, …). Field 0 of a live record is
 * non-zero. Doubles, because page numbers of a 47-bit address space need 35 bits; these tables are never hot per page.
 */
export class Records {
  /** Rebound whenever the world's buffer grows. */
  a: Float64Array = new Float64Array(0);
  /** Ids below this have been in use at some time: what hashing and saving must look at. */
  private readonly ensure: (nr: number) => void;

  constructor(
    readonly width: number,
    /** Two header words: high-water mark and lowest id that may be free. */
    private readonly header: () => Int32Array,
    private readonly countSlot: number,
    private readonly hintSlot: number,
    ensure: (nr: number) => void,
  ) {
    this.ensure = ensure;
  }

  get count(): number {
    return this.header()[this.countSlot];
  }

  isLive(id: number): boolean {
    return id >= 0 && id < this.count && this.a[id * this.width] !== 0;
  }

  get(id: number, field: number): number {
    return this.a[id * this.width + field];
  }

  set(id: number, field: number, value: number): void {
    this.a[id * this.width + field] = value;
  }

  add(id: number, field: number, delta: number): void {
    this.a[id * this.width + field] += delta;
  }

  /** Lowest free id: the choice a decide function makes and writes into its event. */
  nextFree(from = 0): number {
    const header = this.header();
    let id = Math.max(from, header[this.hintSlot]);
    while (id < header[this.countSlot] && this.a[id * this.width] !== 0) id++;
    return id;
  }

  /** Make record `id` live with every other field zero. */
  open(id: number): void {
    this.ensure(id + 1);
    const header = this.header();
    if (id >= header[this.countSlot]) header[this.countSlot] = id + 1;
    this.a.fill(0, id * this.width, (id + 1) * this.width);
    this.a[id * this.width] = 1;
    // The hint only moves past ids that are known to be taken, so that `nextFree` never skips a free one.
    if (header[this.hintSlot] === id) header[this.hintSlot] = id + 1;
  }

  close(id: number): void {
    this.a.fill(0, id * this.width, (id + 1) * this.width);
    const header = this.header();
    if (id < header[this.hintSlot]) header[this.hintSlot] = id;
  }
}
