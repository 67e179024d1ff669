/**
 * A world as cells, two words a page: which frame, and what is to be seen of it. Read straight from the tables, for a
 * million pages are read again at every step.
 */
import { FOLIO, isHuge, isPresent, isSpecial, isSwap, isWritable, MAPCOUNT_SHIFT, MM, PG_ANON, PG_DIRTY, PG_EXCLUSIVE,
  PG_LARGE, pfnOf, PIN, pinnedFrame, PTE_DIRTY, VM_WRITE, VMA, vmaAtIndex, frameAt, type World } from '@cowlab/core';
import { bandFrom, DEVICES, type Layout } from './layout.ts';

/** Bits of the second word; above them are the contents. */
export const CELL = {
  /** A frame is there. */
  PRESENT: 1,
  WRITABLE: 2,
  /** The mapping may be written, the entry may not: the next store faults. */
  WRPROTECT: 4,
  EXCLUSIVE: 8,
  /** A device or a pipe holds the frame. */
  PINNED: 16,
  DIRTY: 32,
  SWAPPED: 64,
  /** One entry maps many pages. */
  HUGE: 128,
  HUGE_HEAD: 256,
  /** Mapped, and nothing is there yet. */
  EMPTY: 512,
  /** Nobody mapped these addresses here: a hole. */
  HOLE: 1024,
  /** More than one entry maps the frame. */
  SHARED: 2048,
  FILE: 4096,
  ZERO: 8192,
  /** A pin was taken here, and holds another frame than the owner sees. */
  APART: 16384,
  /** A pipe's, not a device's. */
  PIPE: 32768,
} as const;
export const VALUE_SHIFT = 16;

/** Frame plus one in the first word of a page that has one; for a swapped page its slot plus one. */
export type Cells = Uint32Array<ArrayBuffer>;

const NOTHING_THERE = [0, CELL.EMPTY];

export class CellPainter {
  /** Two words a cell. */
  readonly cells: Cells;
  private readonly template: Cells;
  private pinned = new Uint8Array(0);

  constructor(readonly layout: Layout) {
    this.template = holes(layout);
    this.cells = new Uint32Array(this.template.length);
  }

  /** The cells of a world; the same array each time. */
  paint(w: World): Cells {
    this.cells.set(this.template);
    this.markPinned(w);
    for (const { mm, x } of this.layout.columns) {
      if (mm === DEVICES || !w.mms.isLive(mm)) continue;
      for (let i = 0; i < w.mms.get(mm, MM.MAP_COUNT); i++) this.paintVma(w, mm, vmaAtIndex(w, mm, i), x);
    }
    this.paintPins(w);
    return this.cells;
  }

  private markPinned(w: World): void {
    if (this.pinned.length < w.pages.count) this.pinned = new Uint8Array(Math.max(w.pages.count, 64));
    else this.pinned.fill(0);
    for (let pin = 0; pin < w.pins.count; pin++) {
      if (!w.pins.isLive(pin)) continue;
      const nr = w.pins.get(pin, PIN.NR);
      for (let i = 0; i < nr; i++) {
        const pfn = pinnedFrame(w, pin, i);
        if (pfn >= 0) this.pinned[pfn] = 1;
      }
    }
  }

  private paintVma(w: World, mm: number, vma: number, x: number): void {
    const { layout } = this;
    const [from, to] = [w.vmas.get(vma, VMA.START), w.vmas.get(vma, VMA.END)];
    const mayWrite = (w.vmas.get(vma, VMA.FLAGS) & VM_WRITE) !== 0;
    for (let at = bandFrom(layout, from); at >= 0 && at < layout.bands.length; at++) {
      const { start, nr, row } = layout.bands[at];
      if (start >= to) return;
      const end = Math.min(to, start + nr);
      let vpn = Math.max(from, start);
      while (vpn < end) {
        const offset = vpn - start;
        const column = offset % layout.pagesPerRow;
        const stop = Math.min(end, vpn + layout.pagesPerRow - column);
        const cell = (row + Math.floor(offset / layout.pagesPerRow)) * layout.width + x + column;
        this.paintRun(w, mm, vpn, stop, cell, mayWrite);
        vpn = stop;
      }
    }
  }

  /** Pages of one row and one VMA. */
  private paintRun(w: World, mm: number, from: number, to: number, cell: number, mayWrite: boolean): void {
    const { tables } = w;
    const root = w.mms.get(mm, MM.PGD);
    let at = cell * 2;
    for (let vpn = from; vpn < to;) {
      const level = tables.levelOf(root, vpn);
      const stop = level > tables.top ? to : tables.spanEnd(Math.max(level, 1), vpn, to);
      const slot = level > tables.top ? -1 : tables.slot(root, level, vpn);
      if (level === 0) {
        for (let s = slot; vpn < stop; vpn++, s++, at += 2) this.paintEntry(w, tables.a[s], 0, mayWrite, at);
      } else {
        const entry = slot < 0 ? 0 : tables.a[slot];
        const span = slot < 0 ? 1 : tables.span(level);
        for (; vpn < stop; vpn++, at += 2) {
          if (isHuge(entry)) this.paintEntry(w, entry, vpn % span, mayWrite, at, true);
          else this.cells.set(NOTHING_THERE, at);
        }
      }
    }
  }

  private paintEntry(w: World, entry: number, sub: number, mayWrite: boolean, at: number, huge = false): void {
    const { cells } = this;
    if (!isPresent(entry)) {
      cells[at] = isSwap(entry) ? pfnOf(entry) + 1 : 0;
      cells[at + 1] = isSwap(entry) ? CELL.SWAPPED : CELL.EMPTY;
      return;
    }
    let flags: number = CELL.PRESENT | (huge ? CELL.HUGE | (sub === 0 ? CELL.HUGE_HEAD : 0) : 0);
    if (isWritable(entry)) flags |= CELL.WRITABLE;
    else if (mayWrite) flags |= CELL.WRPROTECT;
    if (isSpecial(entry)) {
      cells[at] = pfnOf(entry) + 1;
      cells[at + 1] = flags | CELL.ZERO;
      return;
    }
    const pfn = pfnOf(entry) + sub;
    const { pages } = w;
    const meta = pages.meta[pfn];
    const large = (meta & PG_LARGE) !== 0;
    const head = huge && large ? pages.folios.get(pages.extra[pfn], FOLIO.HEAD) : pfn;
    if ((pages.meta[head] & PG_EXCLUSIVE) !== 0) flags |= CELL.EXCLUSIVE;
    if ((entry & PTE_DIRTY) !== 0 || (meta & PG_DIRTY) !== 0) flags |= CELL.DIRTY;
    if ((meta & PG_ANON) === 0) flags |= CELL.FILE;
    if ((large ? pages.mapcountAll(pfn) : meta >> MAPCOUNT_SHIFT) > 1) flags |= CELL.SHARED;
    if (this.pinned[pfn] !== 0) flags |= CELL.PINNED;
    cells[at] = pfn + 1;
    cells[at + 1] = flags | (pages.stamp[pfn] << VALUE_SHIFT);
  }

  /** Of a cell that has been painted; -1 where no frame is. */
  private frameDrawn(cell: number): number {
    return (this.cells[cell * 2 + 1] & CELL.PRESENT) !== 0 ? this.cells[cell * 2] - 1 : -1;
  }

  /** What is held stands in the last column, where it was taken; and there its owner is told when the two part. */
  private paintPins(w: World): void {
    const { layout, cells } = this;
    for (let pin = w.pins.count - 1; pin >= 0; pin--) {
      if (!w.pins.isLive(pin)) continue;
      const [first, nr, mm] = [w.pins.get(pin, PIN.VPN), w.pins.get(pin, PIN.NR), w.pins.get(pin, PIN.MM)];
      const pipe = w.pins.get(pin, PIN.DEVICE) === 0 ? CELL.PIPE : 0;
      const gone = w.pins.get(pin, PIN.OWNER_GONE) !== 0;
      const devices = layout.columns.at(-1)?.x ?? 0;
      const owner = layout.columns.find((column) => column.mm === mm && !gone);
      for (let at = bandFrom(layout, first); at >= 0 && at < layout.bands.length; at++) {
        const band = layout.bands[at];
        if (band.start >= first + nr) break;
        const end = Math.min(first + nr, band.start + band.nr);
        for (let vpn = Math.max(first, band.start); vpn < end; vpn++) {
          const pfn = pinnedFrame(w, pin, vpn - first);
          if (pfn < 0) continue;
          const offset = vpn - band.start;
          const cell = (band.row + Math.floor(offset / layout.pagesPerRow)) * layout.width
            + offset % layout.pagesPerRow;
          const seen = gone ? -1 : owner === undefined ? frameAt(w, mm, vpn) : this.frameDrawn(cell + owner.x);
          const apart = seen !== pfn ? CELL.APART : 0;
          const held = (cell + devices) * 2;
          cells[held] = pfn + 1;
          cells[held + 1] = CELL.PRESENT | CELL.PINNED | pipe | apart | (w.pages.stamp[pfn] << VALUE_SHIFT);
          if (apart !== 0 && owner !== undefined) cells[(cell + owner.x) * 2 + 1] |= CELL.APART;
        }
      }
    }
  }
}

/** All that a process could have mapped, as holes; where no device can hold anything, nothing. */
function holes({ bands, columns, pagesPerRow, width, height }: Layout): Cells {
  const cells = new Uint32Array(width * height * 2);
  for (const { mm, x } of columns) {
    if (mm === DEVICES) continue;
    for (const { row, nr } of bands) {
      for (let offset = 0; offset < nr; offset++)
        cells[((row + Math.floor(offset / pagesPerRow)) * width + x + offset % pagesPerRow) * 2 + 1] = CELL.HOLE;
    }
  }
  return cells;
}

export interface Holder {
  readonly pin: number;
  /** 0 for a pipe. */
  readonly device: number;
}

/** Who holds a frame, lowest pin first. */
export function holdersOf(w: World, pfn: number): Holder[] {
  const holders: Holder[] = [];
  for (let pin = 0; pin < w.pins.count; pin++) {
    if (!w.pins.isLive(pin)) continue;
    const nr = w.pins.get(pin, PIN.NR);
    for (let i = 0; i < nr; i++) {
      if (pinnedFrame(w, pin, i) !== pfn) continue;
      holders.push({ pin, device: w.pins.get(pin, PIN.DEVICE) });
      break;
    }
  }
  return holders;
}
