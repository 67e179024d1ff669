/**
 * Random programs of the recordings' kinds, the same ones for the same seed: what a live kernel and a model are asked
 * alike.
 */
import type { Advice, MapKind, Program, Prot, Step } from '@cowlab/scenario';
import type { Further } from './further-steps.ts';
import { Random } from './random.ts';

export interface RandomProgramSettings {
  readonly seed: number;
  /** Beyond what the recordings have: mremap, mlock, sharedfile and rofile regions, MADV_FREE. */
  readonly wide?: boolean;
  /** Private memory into which folios of more than a page fit, and advice and ranges that meet them in part. */
  readonly folios?: boolean;
  /** What is tried besides, and in which kinds of memory. */
  readonly further?: Further | null;
  /** Memory is swapped out, too. */
  readonly swap?: boolean;
}

export function randomProgram(settings: RandomProgramSettings): Program {
  return new Generator(settings).program();
}

const SMALL = [1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 6, 8, 16];
const HUGE = 512;
/** Pages of private anonymous memory where there are folios: whole ones, parts of them, and one that a THP fits into. */
const FOLIOS = [4, 5, 8, 12, 16, 16, 17, 20, 32, 32, 33, 48, 64, 64, 128, 256, 512, 600];
/** Where folios of 16 kB to 256 kB end and begin. */
const FOLIO_PAGES = [0, 1, 3, 4, 5, 7, 8, 14, 15, 16, 17, 19, 31, 32, 47, 48, 63, 64, 511, 512];
const FOLIO_RANGES = [1, 1, 2, 3, 4, 4, 5, 8, 12, 15, 16, 16, 17, 20, 32, 48, 64];
const WATCHED = 8;
/** Where the pages of a huge region differ: its ends, and beside the middle. */
const HUGE_PAGES = [0, 1, 2, 255, 256, 510, 511];
const HUGE_RANGES: readonly (readonly [start: number, nr: number])[] = [[0, HUGE], [0, HUGE], [0, HUGE], [0, 256], [256,
  256], [1, 511], [0, 511], [0, 2], [255, 2], [510, 2]];
const ADVICES: readonly Advice[] = ['dontneed', 'dontneed', 'dontneed', 'dontfork', 'dontfork', 'dofork', 'wipeonfork',
  'keeponfork'];
const HUGE_ADVICES: readonly Advice[] = [...ADVICES, 'hugepage', 'nohugepage'];
const NR_TASKS = 6;
/** One step in so many of a wide program is of a kind that recordings have not. */
const WIDE_EVERY = 10;
/** One step in so many of a program that swaps takes pages away, or looks whether they come back. */
const SWAP_EVERY = 4;

class Generator {
  private readonly random: Random;
  private readonly wide: boolean;
  private readonly folios: boolean;
  private readonly further: Further | null;
  private readonly swap: boolean;
  private readonly id: string;
  private readonly steps: Step[] = [];
  /** Region → kind and size, those of the first mapping; a replacement is alike. */
  private readonly regions: { readonly kind: MapKind; readonly nr: number; readonly pages: readonly number[] }[] = [];
  private readonly running: number[] = [0];
  private readonly pins: { readonly slot: number; readonly r: number; readonly start: number; readonly nr: number }[] =
    [];
  private readonly pipes: number[] = [];
  private nrForked = 1;
  private nrPins = 0;
  private nrPipes = 0;
  private value = 0;

  constructor({ seed, wide = false, swap = false, folios = false, further = null }: RandomProgramSettings) {
    this.folios = folios;
    this.random = new Random(seed);
    this.id = String(seed);
    this.wide = wide;
    this.swap = swap;
    this.further = further;
  }

  program(): Program {
    const { random } = this;
    // The more regions, the fewer large ones: a region alone gets deep.
    const nrRegions = random.pick([1, 1, 1, 2, 2, 3]);
    for (let r = 0; r < nrRegions; r++) this.region(r);
    const nrSteps = random.pick([6, 10, 14, 20, 26, 32]);
    while (this.steps.length < nrSteps + nrRegions && this.running.length > 0) this.step();
    return { id: this.id, watch: Object.fromEntries(this.regions.map(({ pages }, r) => [r, pages])), steps: this.steps,
      pool: this.wide && random.below(2) === 0 ? 1 + random.below(4) : 64 };
  }

  private region(r: number): void {
    const { random } = this;
    const kinds: readonly MapKind[] = this.further?.kinds ?? (this.wide
      ? ['anon', 'anon', 'thp', 'thp', 'huge', 'file', 'shanon', 'sharedfile', 'rofile']
      : ['anon', 'anon', 'anon', 'anon', 'thp', 'thp', 'huge', 'file', 'shanon']);
    const kind = random.pick(kinds);
    const large = kind === 'thp' || kind === 'huge';
    if (this.folios && kind === 'anon') return this.folioRegion(r);
    const roomy = this.further?.roomy === true && kind === 'anon' && random.below(4) === 0;
    const nr = large || roomy ? HUGE : random.pick(SMALL);
    const all = nr === HUGE ? HUGE_PAGES : Array.from({ length: Math.min(nr, 8) }, (_, page) => page);
    const pages = nr === HUGE ? all.filter(() => random.below(2) === 0) : all;
    this.begin(r, kind, nr, pages.length === 0 ? [all[0]] : pages);
  }

  private folioRegion(r: number): void {
    const nr = this.random.pick(FOLIOS);
    const all = [...new Set([...FOLIO_PAGES.filter((page) => page < nr), nr - 1])];
    while (all.length > WATCHED) all.splice(this.random.below(all.length), 1);
    this.begin(r, 'anon', nr, all);
  }

  private begin(r: number, kind: MapKind, nr: number, pages: readonly number[]): void {
    const { random } = this;
    this.regions.push({ kind, nr, pages });
    this.steps.push({ op: 'mmap', p: 0, r, kind, nr });
    for (let times = random.below(4); times > 0; times--)
      this.steps.push({ op: 'write', p: 0, r, page: this.page(r), value: this.next() });
  }

  private step(): void {
    const { random } = this;
    const p = random.pick(this.running);
    const r = random.below(this.regions.length);
    const { further } = this;
    if (further !== null && random.below(further.every) === 0)
      return void this.steps.push(
        ...further.steps({ random, p, r, kind: this.regions[r].kind, ...this.range(r),
          regions: { all: this.regions, page: (at) => this.page(at), range: (at) => this.range(at),
            value: () => this.next() } }),
      );
    if (this.swap && random.below(SWAP_EVERY) === 0) return this.pageOut(p, r);
    if (this.wide && random.below(WIDE_EVERY) === 0) return this.beyond(p, r);
    const roll = random.below(100);
    if (roll < 30) this.steps.push({ op: 'write', p, r, page: this.page(r), value: this.next() });
    else if (roll < 35) this.steps.push({ op: 'read', p, r, page: this.page(r) });
    else if (roll < 45) this.fork(p);
    else if (roll < 49) this.exit(p);
    else if (roll < 59) this.pin(p, r);
    else if (roll < 61) this.release();
    else if (roll < 67) this.device();
    else if (roll < 71) this.splice(p, r);
    else if (roll < 72) this.dropPipe();
    else if (roll < 80) this.madvise(p, r);
    else if (roll < 89) this.mprotect(p, r);
    else if (roll < 91) this.steps.push({ op: 'munmap', p, r, ...this.range(r) });
    else if (roll < 93) this.steps.push({ op: 'mmap', p, r, kind: this.regions[r].kind, nr: this.regions[r].nr });
    else if (roll < 95) this.steps.push({ op: 'pvread', p, r, page: this.page(r) });
    else this.steps.push({ op: 'pvwrite', p, r, page: this.page(r), value: this.next() });
  }

  private beyond(p: number, r: number): void {
    const { random } = this;
    const which = random.below(5);
    if (which === 0) this.mlock(p, r);
    else if (which === 1) this.steps.push({ op: 'munlock', p, r, ...this.range(r) });
    else if (which === 2)
      this.steps.push({ op: 'mremap', p, r,
        nr: this.regions[r].nr === HUGE ? random.pick([256, HUGE, 2 * HUGE]) : 1 + random.below(16) });
    else this.steps.push({ op: 'madvise', p, r, ...this.range(r), advice: 'free' });
  }

  /** Whole regions above all: what one page less would come to is seldom told from it. */
  private pageOut(p: number, r: number): void {
    const { random } = this;
    const whole = { start: 0, nr: this.regions[r].nr };
    if (random.below(3) === 0) this.steps.push({ op: 'read', p, r, page: this.page(r) });
    else this.steps.push({ op: 'swapout', p, r, ...(random.below(3) === 0 ? this.range(r) : whole) });
  }

  /** Now and then around what makes locked memory writable, which populates it. */
  private mlock(p: number, r: number): void {
    const { random } = this;
    const range = this.range(r);
    const before = random.pick<Prot | null>([null, null, 'none', 'r']);
    if (before !== null) this.steps.push({ op: 'mprotect', p, r, ...range, prot: before });
    this.steps.push({ op: 'mlock', p, r, ...range });
    if (before !== null) this.steps.push({ op: 'mprotect', p, r, ...range, prot: 'rw' });
  }

  private fork(p: number): void {
    if (this.nrForked === NR_TASKS) return;
    const child = this.nrForked++;
    this.running.push(child);
    this.steps.push({ op: 'fork', p, child });
  }

  private exit(p: number): void {
    if (this.running.length === 1) return;
    this.running.splice(this.running.indexOf(p), 1);
    this.steps.push({ op: 'exit', p });
  }

  private pin(p: number, r: number): void {
    if (this.nrPins === 8) return;
    const range = this.range(r);
    const slot = this.nrPins++;
    this.pins.push({ slot, r, ...range });
    this.steps.push({ op: 'pin', p, slot, r, ...range });
  }

  private release(): void {
    if (this.pins.length === 0) return;
    const [{ slot }] = this.pins.splice(this.random.below(this.pins.length), 1);
    this.steps.push({ op: 'unpin', slot });
  }

  private device(): void {
    if (this.pins.length === 0) return;
    const { slot, r, start, nr } = this.random.pick(this.pins);
    const pages = this.regions[r].pages.filter((page) => page >= start && page < start + nr);
    const page = pages.length === 0 ? start : this.random.pick(pages);
    if (this.random.below(6) === 0) this.steps.push({ op: 'devread', slot, page });
    else this.steps.push({ op: 'devwrite', slot, page, value: this.next() });
  }

  private splice(p: number, r: number): void {
    if (this.nrPipes === 6) return;
    const { start, nr } = this.range(r);
    const slot = this.nrPipes++;
    this.pipes.push(slot);
    this.steps.push({ op: 'vmsplice', p, slot, r, start, nr: Math.min(nr, 8) });
  }

  private dropPipe(): void {
    if (this.pipes.length === 0) return;
    const [slot] = this.pipes.splice(this.random.below(this.pipes.length), 1);
    this.steps.push({ op: 'vdrop', slot });
  }

  private madvise(p: number, r: number): void {
    const huge = this.regions[r].kind === 'thp' || this.folios;
    const advice = this.swap && this.random.below(6) === 0 ? 'cold' : this.random.pick(huge ? HUGE_ADVICES : ADVICES);
    this.steps.push({ op: 'madvise', p, r, ...this.range(r), advice });
  }

  /** Half of the time both ways, so that the entries are read-only under a writable mapping. */
  private mprotect(p: number, r: number): void {
    const range = this.range(r);
    const prot = this.random.pick<Prot>(['r', 'r', 'r', 'none', 'rw', 'rw']);
    this.steps.push({ op: 'mprotect', p, r, ...range, prot });
    if (prot !== 'rw' && this.random.below(2) === 0) this.steps.push({ op: 'mprotect', p, r, ...range, prot: 'rw' });
  }

  private page(r: number): number {
    return this.random.pick(this.regions[r].pages);
  }

  private range(r: number): { start: number; nr: number } {
    const { random } = this;
    const { nr, kind } = this.regions[r];
    if (this.folios && kind === 'anon') return this.folioRange(r);
    if (nr === HUGE) {
      // A part of a hugetlb page is EINVAL to most calls.
      if (random.below(2) === 0 && kind === 'huge') return { start: 0, nr };
      if (random.below(2) === 0) return { start: this.page(r), nr: 1 };
      const [start, length] = random.pick(HUGE_RANGES);
      return { start, nr: length };
    }
    if (random.below(3) === 0) return { start: 0, nr };
    const start = random.below(nr);
    return { start, nr: 1 + random.below(Math.min(nr - start, 3)) };
  }

  /** At places where folios begin and end more often than elsewhere. */
  private folioRange(r: number): { start: number; nr: number } {
    const { random } = this;
    const { nr } = this.regions[r];
    if (random.below(4) === 0) return { start: 0, nr };
    const start = random.below(2) === 0 ? this.page(r) : random.below(nr);
    return { start, nr: Math.min(nr - start, random.pick(FOLIO_RANGES)) };
  }

  /** Every store is told from every other, and none is 0. */
  private next(): number {
    this.value = (this.value % 120) + 1;
    return this.value;
  }
}
