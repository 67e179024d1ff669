/**
 * Which frames are free: a bit for each, a summary bit for each word of bits. The lowest free frame is always taken, so
 * what is allocated does not depend on the order in which others were freed, and neighbours in time are neighbours in
 * memory, which is what keeps runs long.
 */

import { HEADER } from './header.ts';

export class FreeFrames {
  private map: Int32Array = new Int32Array(0);
  private full: Int32Array = new Int32Array(0);

  constructor(private readonly header: () => Int32Array) {}

  bind(map: Int32Array, full: Int32Array): void {
    this.map = map;
    this.full = full;
  }

  /** Lowest free frame: deterministic, independent of the order in which others were freed. -1 at the memory limit. */
  next(): number {
    const header = this.header();
    if (header[HEADER.PAGES_USED] + 1 >= header[HEADER.PAGES_LIMIT]) return -1;
    let word = header[HEADER.PAGE_HINT];
    const words = this.map.length;
    while (word < words) {
      if ((word & 31) === 0 && this.full[word >> 5] === -1) word += 32;
      else if (this.map[word] === -1) word++;
      else break;
    }
    // Past the map everything is free; `take` grows it.
    if (word >= words) return words * 32;
    const free = ~this.map[word];
    return word * 32 + (31 - Math.clz32(free & -free));
  }

  isFree(pfn: number): boolean {
    return ((this.map[pfn >> 5] ?? 0) & (1 << (pfn & 31))) === 0;
  }

  /** Free frames from `pfn` on without a gap, at most `most`. */
  runFrom(pfn: number, most: number): number {
    const header = this.header();
    const room = Math.min(most, header[HEADER.PAGES_LIMIT] - header[HEADER.PAGES_USED] - 1);
    let nr = 0;
    while (nr < room) {
      const word = (pfn + nr) >> 5;
      if (word >= this.map.length) return room;
      const bit = (pfn + nr) & 31;
      if (bit === 0 && this.map[word] === 0) nr += 32;
      else if ((this.map[word] & (1 << bit)) !== 0) return nr;
      else nr++;
    }
    return room;
  }

  /** Lowest free frame that starts an aligned run of `nr` free frames (nr a power of two). -1 at the memory limit. */
  nextAligned(nr: number): number {
    const header = this.header();
    if (header[HEADER.PAGES_USED] + nr >= header[HEADER.PAGES_LIMIT]) return -1;
    for (let pfn = Math.floor((header[HEADER.PAGE_HINT] * 32) / nr) * nr;; pfn += nr) {
      if (this.runFrom(pfn, nr) === nr) return pfn;
    }
  }

  /** Make the map and the count agree with what the pages themselves say, after somebody wrote those word by word. */
  recount(nr: number, isLive: (pfn: number) => boolean): void {
    this.map.fill(0);
    this.full.fill(0);
    const header = this.header();
    header[HEADER.PAGE_HINT] = 0;
    header[HEADER.PAGES_USED] = 0;
    for (let pfn = 0; pfn < nr; pfn++) {
      if (!isLive(pfn)) continue;
      this.reserve(pfn);
      // Frame 0 is the zero page, which is not counted.
      if (pfn > 0) header[HEADER.PAGES_USED]++;
    }
    header[HEADER.PAGES_PEAK] = Math.max(header[HEADER.PAGES_PEAK], header[HEADER.PAGES_USED]);
  }

  take(pfn: number, nr: number): void {
    const header = this.header();
    if (pfn + nr > header[HEADER.PAGES]) header[HEADER.PAGES] = pfn + nr;
    header[HEADER.PAGES_USED] += nr;
    if (header[HEADER.PAGES_USED] > header[HEADER.PAGES_PEAK]) header[HEADER.PAGES_PEAK] = header[HEADER.PAGES_USED];
    for (let i = pfn; i < pfn + nr;) {
      if ((i & 31) === 0 && pfn + nr - i >= 32) {
        this.map[i >> 5] = -1;
        this.noteFull(i >> 5);
        i += 32;
      } else this.reserve(i++);
    }
  }

  /** Mark a frame used without counting it. */
  reserve(pfn: number): void {
    const word = pfn >> 5;
    this.map[word] |= 1 << (pfn & 31);
    if (this.map[word] === -1) this.noteFull(word);
  }

  private noteFull(word: number): void {
    this.full[word >> 5] |= 1 << (word & 31);
    const header = this.header();
    if (header[HEADER.PAGE_HINT] === word) header[HEADER.PAGE_HINT] = word + 1;
  }

  /** Told of each frame that becomes free: who names pages by their frames must know when a name is used up. */
  onRelease: ((pfn: number) => void) | null = null;

  release(pfn: number): void {
    this.onRelease?.(pfn);
    const word = pfn >> 5;
    this.map[word] &= ~(1 << (pfn & 31));
    this.full[word >> 5] &= ~(1 << (word & 31));
    const header = this.header();
    if (word < header[HEADER.PAGE_HINT]) header[HEADER.PAGE_HINT] = word;
    header[HEADER.PAGES_USED]--;
  }
}
