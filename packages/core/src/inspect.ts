/** Friendly, slow looks at a world: plain objects for read models, tests and people. Never used on a kernel path. */

import { DEVICE, MM, PIN, VM_DONTCOPY, VM_EXEC, VM_HUGEPAGE, VM_HUGETLB, VM_LOCKED, VM_READ, VM_SHARED, VM_WIPEONFORK,
  VM_WRITE, VMA } from './tables/fields.ts';
import { FOLIO } from './tables/folios.ts';
import { PG_ANON, PG_CHARGED, PG_DIRTY, PG_EXCLUSIVE, PG_KSM, PG_LRU, PG_SHMEM, PG_SWAPCACHE } from './tables/pages.ts';
import { isPresent, isSpecial, isSwap, isWritable, PTE_DIRTY, PTE_YOUNG, swapSlotOf } from './tables/pte.ts';
import type { World } from './tables/world.ts';
import { frameAt, leafEntry, leafLevel } from './page/lookup.ts';
import { NO_VMA, vmaAtIndex, vmaOf } from './vma/list.ts';
import { pinnedFrame } from './pin/evolve-pin.ts';

export interface VmaSnapshot {
  readonly start: number;
  readonly end: number;
  /** `rwxp` as /proc/PID/maps shows it. */
  readonly perms: string;
  readonly file: number;
  /** smaps VmFlags that matter here: dc wf ht hg lo. */
  readonly vmFlags: readonly string[];
  readonly hasAnonVma: boolean;
}

export interface MmSnapshot {
  readonly mm: number;
  readonly users: number;
  readonly hasPinned: boolean;
  /** Pages. */
  readonly rss: { readonly anon: number; readonly file: number; readonly shmem: number; readonly swap: number };
  readonly pageTables: number;
  readonly lockedPages: number;
  readonly vmas: readonly VmaSnapshot[];
}

export interface PageSnapshot {
  readonly vpn: number;
  readonly present: boolean;
  readonly writable: boolean;
  readonly young: boolean;
  readonly dirty: boolean;
  readonly zero: boolean;
  readonly swapSlot: number | null;
  /** 0 PTE, 1 PMD, 2 PUD; -1 when nothing present maps the page. */
  readonly level: number;
  readonly pfn: number;
  readonly value: number;
  readonly refcount: number;
  readonly mapcount: number;
  readonly pincount: number | null;
  readonly maybeDmaPinned: boolean;
  readonly anon: boolean;
  readonly exclusive: boolean;
  readonly lru: boolean;
  readonly charged: boolean;
  readonly swapCache: boolean;
  readonly shmem: boolean;
  readonly ksm: boolean;
  readonly pageDirty: boolean;
  readonly head: number;
  readonly large: boolean;
  readonly hugetlb: boolean;
}

export interface PinSnapshot {
  readonly pin: number;
  readonly device: number;
  readonly mm: number;
  readonly ownerGone: boolean;
  readonly vpn: number;
  readonly nr: number;
  /** FOLL_* bits. */
  readonly flags: number;
  readonly loads: number;
  readonly stores: number;
  /** Per page: frame held, the frame its owner sees there now (-1 none), and what the device loads. */
  readonly pages: readonly { readonly pfn: number; readonly ownerPfn: number; readonly value: number }[];
}

export function inspectMm(w: World, mm: number): MmSnapshot {
  const vmas: VmaSnapshot[] = [];
  for (let i = 0; i < w.mms.get(mm, MM.MAP_COUNT); i++) vmas.push(inspectVma(w, vmaAtIndex(w, mm, i)));
  const { mms } = w;
  return { mm, users: mms.get(mm, MM.USERS), hasPinned: mms.get(mm, MM.HAS_PINNED) !== 0,
    rss: { anon: mms.get(mm, MM.RSS_ANON), file: mms.get(mm, MM.RSS_FILE), shmem: mms.get(mm, MM.RSS_SHMEM),
      swap: mms.get(mm, MM.RSS_SWAP) }, pageTables: mms.get(mm, MM.NR_TABLES), lockedPages: mms.get(mm, MM.LOCKED),
    vmas };
}

/** The VMA that holds a page; null where nothing is mapped. */
export function inspectVmaAt(w: World, mm: number, vpn: number): VmaSnapshot | null {
  const vma = vmaOf(w, mm, vpn);
  return vma === NO_VMA ? null : inspectVma(w, vma);
}

function inspectVma(w: World, vma: number): VmaSnapshot {
  const flags = w.vmas.get(vma, VMA.FLAGS);
  const has = (flag: number, letter: string): string => ((flags & flag) !== 0 ? letter : '-');
  const named: readonly (readonly [number, string])[] = [[VM_DONTCOPY, 'dc'], [VM_WIPEONFORK, 'wf'], [VM_HUGETLB, 'ht'],
    [VM_HUGEPAGE, 'hg'], [VM_LOCKED, 'lo']];
  return { start: w.vmas.get(vma, VMA.START), end: w.vmas.get(vma, VMA.END),
    perms: has(VM_READ, 'r') + has(VM_WRITE, 'w') + has(VM_EXEC, 'x') + ((flags & VM_SHARED) !== 0 ? 's' : 'p'),
    file: w.vmas.get(vma, VMA.FILE), vmFlags: named.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name),
    hasAnonVma: w.vmas.get(vma, VMA.ANON_VMA) !== 0 };
}

export function inspectPage(w: World, mm: number, vpn: number): PageSnapshot {
  const level = leafLevel(w, mm, vpn);
  const entry = leafEntry(w, mm, vpn);
  const present = level >= 0;
  const pfn = present ? frameAt(w, mm, vpn) : -1;
  const zero = present && isSpecial(entry);
  const counted = present && !zero;
  const { pages } = w;
  const large = counted && pages.isLarge(pfn);
  const folio = large ? pages.folioOf(pfn) : 0;
  const is = (flag: number, at = pfn): boolean => counted && pages.has(at, flag);
  const head = large ? pages.headOf(pfn) : pfn;
  return {
    vpn,
    present,
    writable: present && isWritable(entry),
    young: isPresent(entry) && (entry & PTE_YOUNG) !== 0,
    dirty: isPresent(entry) && (entry & PTE_DIRTY) !== 0,
    zero,
    swapSlot: isSwap(entry) ? swapSlotOf(entry) : null,
    level,
    pfn,
    value: counted ? pages.stamp[pfn] : 0,
    refcount: counted ? pages.refcount(pfn) : 0,
    mapcount: counted ? pages.mapcountAll(pfn) : 0,
    pincount: large ? pages.folios.get(folio, FOLIO.PINCOUNT) : null,
    maybeDmaPinned: counted && pages.maybeDmaPinned(pfn),
    // Of a PMD-mapped folio the mark is on the head page.
    anon: is(PG_ANON),
    exclusive: is(PG_EXCLUSIVE, level > 0 ? head : pfn),
    lru: is(PG_LRU),
    charged: is(PG_CHARGED),
    swapCache: is(PG_SWAPCACHE),
    shmem: is(PG_SHMEM),
    ksm: is(PG_KSM),
    pageDirty: is(PG_DIRTY),
    head,
    large,
    hugetlb: large && pages.folios.get(folio, FOLIO.HUGETLB) !== 0,
  };
}

export function inspectPin(w: World, pin: number): PinSnapshot {
  const { pins } = w;
  const mm = pins.get(pin, PIN.MM);
  const ownerGone = pins.get(pin, PIN.OWNER_GONE) !== 0;
  const device = pins.get(pin, PIN.DEVICE);
  const pages = Array.from({ length: pins.get(pin, PIN.NR) }, (_, i) => {
    const pfn = pinnedFrame(w, pin, i);
    return { pfn, ownerPfn: ownerGone ? -1 : frameAt(w, mm, pins.get(pin, PIN.VPN) + i),
      value: pfn < 0 ? 0 : w.pages.stamp[pfn] };
  });
  return { pin, device, mm, ownerGone, vpn: pins.get(pin, PIN.VPN), nr: pages.length, flags: pins.get(pin, PIN.FLAGS),
    loads: w.devices.get(device, DEVICE.LOADS), stores: w.devices.get(device, DEVICE.STORES), pages };
}
