/** Facts about pins, devices and stores into memory. */

import { assertNever, type PinEvent, type StoreEvent } from '../events.ts';
import { DEVICE, FOLL_PIN, MM, PIN } from '../tables/fields.ts';
import { PG_DIRTY } from '../tables/pages.ts';
import { pfnOf } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { frameAt } from '../page/lookup.ts';
import { Heap } from '../tables/heap.ts';

export function evolvePin(w: World, e: PinEvent): void {
  switch (e.type) {
    case 'PinOpened':
      if (!w.devices.isLive(e.device)) w.devices.open(e.device);
      w.pins.open(e.pin);
      w.pins.set(e.pin, PIN.FLAGS, e.flags);
      w.pins.set(e.pin, PIN.MM, e.mm);
      w.pins.set(e.pin, PIN.VPN, e.vpn);
      w.pins.set(e.pin, PIN.NR, e.nr);
      w.pins.set(e.pin, PIN.DEVICE, e.device);
      w.pins.set(e.pin, PIN.PFNS, w.heap.allocate(e.nr));
      return;
    case 'PagesPinned': {
      const list = w.pins.get(e.pin, PIN.PFNS) + e.index;
      const pin = (w.pins.get(e.pin, PIN.FLAGS) & FOLL_PIN) !== 0;
      for (let i = 0; i < e.nr; i++) {
        w.heap.a[list + i] = e.pfn + i + 1;
        if (pin) w.pages.pin(e.pfn + i);
        else w.pages.get(e.pfn + i);
      }
      return;
    }
    case 'PagesUnpinned': {
      const list = w.pins.get(e.pin, PIN.PFNS) + e.index;
      const pin = (w.pins.get(e.pin, PIN.FLAGS) & FOLL_PIN) !== 0;
      for (let i = 0; i < e.nr; i++) {
        const pfn = w.heap.a[list + i] - 1;
        if (pfn < 0) continue;
        w.heap.a[list + i] = 0;
        if (pin) w.pages.unpin(pfn);
        else w.pages.put(pfn);
      }
      return;
    }
    case 'PinClosed': {
      const nr = w.pins.get(e.pin, PIN.NR);
      w.heap.release(w.pins.get(e.pin, PIN.PFNS), Heap.sizeFor(nr));
      w.pins.close(e.pin);
      return;
    }
    default:
      assertNever(e);
  }
}

export function evolveStore(w: World, e: StoreEvent): void {
  switch (e.type) {
    case 'PagesStored':
      storeRun(w, e.mm, e.vpn, e.nr, e.value);
      return;
    case 'DeviceStored': {
      const pfn = pinnedFrame(w, e.pin, e.index);
      w.pages.stamp[pfn] = e.value;
      w.pages.setFlag(pfn, PG_DIRTY);
      w.devices.add(w.pins.get(e.pin, PIN.DEVICE), DEVICE.STORES, 1);
      return;
    }
    case 'DeviceLoaded':
      w.devices.add(w.pins.get(e.pin, PIN.DEVICE), DEVICE.LOADS, 1);
      return;
    case 'RemoteStored':
      w.pages.stamp[e.pfn] = e.value;
      w.pages.setFlag(e.pfn, PG_DIRTY);
      return;
    default:
      assertNever(e);
  }
}

/** A run lies in one page table or in one huge page. */
function storeRun(w: World, mm: number, vpn: number, nr: number, value: number): void {
  const { stamp } = w.pages;
  const slot = w.tables.slot(w.mms.get(mm, MM.PGD), 0, vpn);
  if (slot < 0) {
    for (let i = 0; i < nr; i++) stamp[frameAt(w, mm, vpn + i)] = value;
    return;
  }
  const { a } = w.tables;
  for (let i = slot; i < slot + nr; i++) stamp[pfnOf(a[i])] = value;
}

/** Frame that page `index` of a pin refers to; -1 when it holds none. */
export function pinnedFrame(w: World, pin: number, index: number): number {
  return w.heap.a[w.pins.get(pin, PIN.PFNS) + index] - 1;
}
