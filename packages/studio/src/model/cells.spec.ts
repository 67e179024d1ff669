import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { frameAt, inspectMm, inspectPage, inspectPin, isSwap, leafEntry, type MmSnapshot, pfnOf, type PinSnapshot,
  type World } from '@cowlab/core';
import { CELL, CellPainter, VALUE_SHIFT } from './cells.ts';
import { type LaneRun, runText } from './lane-run.ts';
import { cellOf, DEVICES, type Layout, layoutOf, pageAt } from './layout.ts';

const SITUATIONS = new URL('../../../../examples/situations/', import.meta.url);
const texts = readdirSync(SITUATIONS).filter((name) => name.endsWith('.cow')).map((name) =>
  [name, readFileSync(new URL(name, SITUATIONS), 'utf8')] as const
);

/** The slow looks of core, once for each state. */
class Looks {
  readonly pins: readonly PinSnapshot[];
  private readonly held: ReadonlySet<number>;
  private readonly vmas = new Map<number, MmSnapshot['vmas']>();

  constructor(private readonly w: World) {
    this.pins = Array.from({ length: w.pins.count }, (_, pin) => pin).filter((pin) => w.pins.isLive(pin)).map((pin) =>
      inspectPin(w, pin)
    );
    this.held = new Set(this.pins.flatMap(({ pages }) => pages.map(({ pfn }) => pfn)));
    for (let mm = 0; mm < w.mms.count; mm++) if (w.mms.isLive(mm)) this.vmas.set(mm, inspectMm(w, mm).vmas);
  }

  /** What a page must look like. */
  cell(mm: number, vpn: number): readonly [number, number] {
    const { w } = this;
    const apart = this.apart(mm, vpn);
    const vma = this.vmas.get(mm)?.find(({ start, end }) => vpn >= start && vpn < end);
    if (vma === undefined) return [0, CELL.HOLE | apart];
    const page = inspectPage(w, mm, vpn);
    const entry = leafEntry(w, mm, vpn);
    if (!page.present) return isSwap(entry) ? [pfnOf(entry) + 1, CELL.SWAPPED | apart] : [0, CELL.EMPTY | apart];
    const on = (yes: boolean, flag: number): number => (yes ? flag : 0);
    const flags = CELL.PRESENT | on(page.writable, CELL.WRITABLE)
      | on(!page.writable && vma.perms[1] === 'w', CELL.WRPROTECT)
      | on(page.zero, CELL.ZERO) | on(page.exclusive, CELL.EXCLUSIVE)
      | on(!page.zero && (page.dirty || page.pageDirty), CELL.DIRTY) | on(!page.zero && !page.anon, CELL.FILE)
      | on(page.mapcount > 1, CELL.SHARED) | on(this.held.has(page.pfn) && !page.zero, CELL.PINNED)
      | on(page.level > 0, CELL.HUGE) | on(page.level > 0 && vpn % w.tables.span(page.level) === 0, CELL.HUGE_HEAD)
      | apart;
    return [page.pfn + 1, (flags | (page.value << VALUE_SHIFT)) >>> 0];
  }

  private apart(mm: number, vpn: number): number {
    const isApart = this.pins.some((pin) =>
      pin.mm === mm && !pin.ownerGone && vpn >= pin.vpn && vpn < pin.vpn + pin.nr && pin.pages[vpn - pin.vpn].pfn >= 0
      && pin.pages[vpn - pin.vpn].pfn !== frameAt(this.w, mm, vpn)
    );
    return isApart ? CELL.APART : 0;
  }
}

/** Pages near what is in use: a region may have millions that nobody touched. */
function* pagesOf(layout: Layout): Generator<{ mm: number; vpn: number }> {
  for (const { mm } of layout.columns) {
    if (mm === DEVICES) continue;
    for (const { start, nr } of layout.bands)
      for (let vpn = start; vpn < start + Math.min(nr, 40); vpn++) yield { mm, vpn };
  }
}

function compareAll({ machine, mapped }: LaneRun): number {
  const painter = new CellPainter(layoutOf(mapped));
  let compared = 0;
  // A situation with a thousand pins is looked at here and there.
  const stride = Math.ceil(machine.nrEvents / 80);
  for (let events = 0; events <= machine.nrEvents; events += stride) {
    const world = machine.worldAfter(events);
    const cells = painter.paint(world);
    const looks = new Looks(world);
    for (const { mm, vpn } of pagesOf(painter.layout)) {
      const at = cellOf(painter.layout, { mm, vpn }) * 2;
      const wanted = looks.cell(mm, vpn);
      if (cells[at] !== wanted[0] || cells[at + 1] !== wanted[1])
        expect({ events, mm, vpn, cell: [cells[at], cells[at + 1]] }).toEqual({ events, mm, vpn, cell: wanted });
      compared++;
    }
  }
  return compared;
}

describe('pages as cells', () => {
  it('show what core says of every page after every event of every situation', async () => {
    for (const [name, text] of texts) {
      const { lanes } = await runText(text, name, 'linux-6.18');
      expect(lanes.map(compareAll).every((compared) => compared > 0)).toBe(true);
    }
  });

  it('show a huge page as one block until it is split', async () => {
    const [name, text] = texts.find(([file]) => file.startsWith('15-thp')) ?? ['', ''];
    const { lanes: [lane] } = await runText(text, name, 'linux-5.9');
    const painter = new CellPainter(layoutOf(lane.mapped));
    const huge = (events: number): number =>
      painter.paint(lane.machine.worldAfter(events)).filter((word, i) => i % 2 === 1 && (word & CELL.HUGE_HEAD) !== 0)
        .length;
    const split = lane.machine.log.findIndex(({ events }) => events.some(({ type }) => type === 'PmdSplit'));
    expect(huge(lane.machine.before[split])).toBe(1);
    expect(huge(lane.machine.nrEvents)).toBe(0);
  });

  it('stand beside what a device holds, and both say so when they part', async () => {
    const [name, text] = texts[0];
    const { lanes: [lane] } = await runText(text, name, 'linux-5.9-rc5');
    const layout = layoutOf(lane.mapped);
    const cells = new CellPainter(layout).paint(lane.machine.worldAfter(lane.machine.nrEvents));
    const { pins: [pin] } = new Looks(lane.machine.worldAfter(lane.machine.nrEvents));
    const held = cellOf(layout, { mm: DEVICES, vpn: pin.vpn }) * 2;
    const owner = cellOf(layout, { mm: pin.mm, vpn: pin.vpn }) * 2;
    expect(cells[held]).toBe(pin.pages[0].pfn + 1);
    expect(cells[owner]).toBe(pin.pages[0].ownerPfn + 1);
    expect([cells[held + 1] & CELL.APART, cells[owner + 1] & CELL.APART]).toEqual([CELL.APART, CELL.APART]);
  });

  it('are found again at the place where they are drawn', async () => {
    const { lanes: [lane] } = await runText(texts[0][1], texts[0][0], 'linux-5.9');
    const layout = layoutOf(lane.mapped);
    for (const { mm, vpn } of pagesOf(layout)) {
      const cell = cellOf(layout, { mm, vpn });
      expect(pageAt(layout, cell % layout.width, Math.floor(cell / layout.width))).toEqual({ mm, vpn });
    }
  });
});
