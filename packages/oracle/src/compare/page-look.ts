/**
 * One page of one process, as pagemap, kpagecount and kpageflags show it. Looked at by the hundred thousand, so it
 * reads the raw tables: pages under one page table share a walk, pages of one mapping a search for it.
 */
import {
  isPresent,
  isSpecial,
  isWatched,
  MM,
  NO_VMA,
  pfnOf,
  PG_ANON,
  PG_EXCLUSIVE,
  VM_HUGETLB,
  VM_READ,
  VM_SOFT_CLEAN,
  VMA,
  vmaOf,
  type World,
} from '@cowlab/core';
import { flagsText, LETTER } from './flags.ts';
import type { PageEntry } from './observation.ts';
import type { Reporting } from './reporting.ts';

/** What numbers page frames. */
export type Classes = (pfn: number) => number;

const ZERO = 0;
const HUGE_ZERO = -1;

export class PageLook {
  private mm = 0;
  private root = -1;
  /** The latest walk: pages under the same page table, where it ended, and for which page. */
  private tableStart = 0;
  private tableEnd = 0;
  private level = 0;
  private slot = -1;
  private walkedFor = 0;
  /** The latest mapping. */
  private vmaStart = 0;
  private vmaEnd = 0;
  private vmaFlags = 0;

  constructor(
    private readonly world: World,
    private readonly reporting: Reporting,
    private readonly asked = { softDirty: false, protection: false },
  ) {}

  /** Nothing that was read before is relied on: the world may have changed. */
  enter(mm: number): void {
    this.mm = mm;
    this.root = this.world.mms.get(mm, MM.PGD);
    this.tableEnd = 0;
    this.vmaEnd = 0;
  }

  at(vpn: number, classes: Classes): PageEntry {
    const entry = this.leaf(vpn);
    if (!isPresent(entry)) return 0;
    this.findVma(vpn);
    const { pages, tables } = this.world;
    const { level } = this;
    const readable = (this.vmaFlags & VM_READ) !== 0;
    const index = level === 0 ? 0 : vpn % tables.span(level);
    if (isSpecial(entry))
      return level === 0
        ? [ZERO, readable ? 0 : null, 0, flagsText(LETTER.Z | this.watch(entry))]
        : [HUGE_ZERO, readable ? 0 : null, 0, this.hugeZeroFlags(index, entry)];
    const pfn = pfnOf(entry) + index;
    return [classes(pfn), readable ? pages.stamp[pfn] & 0xff : null, pages.mapcountAll(pfn), this.flags(pfn, entry)];
  }

  /** The entry that maps `vpn`, whatever its level; this.level says which. 0 for none. */
  private leaf(vpn: number): number {
    const { tables } = this.world;
    if (vpn < this.tableStart || vpn >= this.tableEnd) {
      this.tableStart = vpn - (vpn % tables.fanout);
      this.tableEnd = this.tableStart + tables.fanout;
      this.walkedFor = vpn;
      this.level = tables.levelOf(this.root, vpn);
      this.slot = this.level > tables.top ? -1 : tables.slot(this.root, this.level, vpn);
    }
    if (this.slot < 0) return 0;
    return tables.a[this.level === 0 ? this.slot + vpn - this.walkedFor : this.slot];
  }

  private findVma(vpn: number): void {
    if (vpn >= this.vmaStart && vpn < this.vmaEnd) return;
    const { vmas } = this.world;
    const vma = vmaOf(this.world, this.mm, vpn);
    if (vma === NO_VMA) throw new RangeError(`mm ${this.mm}: page ${vpn} is mapped and no vma holds it`);
    this.vmaStart = vmas.get(vma, VMA.START);
    this.vmaEnd = vmas.get(vma, VMA.END);
    this.vmaFlags = vmas.get(vma, VMA.FLAGS);
  }

  private hugeZeroFlags(index: number, entry: number): string {
    return flagsText(
      (this.reporting.hugeZeroIsFile ? LETTER.f : 0) | LETTER.T | LETTER.Z | this.watch(entry)
        | (index === 0 ? LETTER.h : LETTER.t),
    );
  }

  /** Soft-dirty, of which for hugetlb the mapping alone tells; or protected by a userfaultfd. */
  private watch(entry: number): number {
    const { softDirty, protection } = this.asked;
    // The bit outlives what it was for.
    if (protection) return isWatched(entry) ? LETTER.u : 0;
    if (!softDirty) return 0;
    const clean = (this.vmaFlags & VM_SOFT_CLEAN) !== 0 && ((this.vmaFlags & VM_HUGETLB) !== 0 || isWatched(entry));
    return clean ? 0 : LETTER.s;
  }

  private flags(pfn: number, entry: number): string {
    const { pages } = this.world;
    const { exclusive, mappedExclusively } = this.reporting;
    const anon = pages.has(pfn, PG_ANON) ? LETTER.A : LETTER.f;
    if (!pages.isLarge(pfn)) {
      const e = exclusive !== 'never' && pages.has(pfn, PG_EXCLUSIVE) ? LETTER.E : 0;
      return flagsText(anon | e | this.watch(entry) | (pages.mapcount(pfn) === 1 ? LETTER.x : 0));
    }
    const head = pages.headOf(pfn);
    const counted = this.level > 0 && mappedExclusively === 'by-head' ? head : pfn;
    const marked = exclusive === 'by-head' ? head : pfn;
    return flagsText(
      anon | this.watch(entry) | (pages.mapcountAll(counted) === 1 ? LETTER.x : 0)
        | ((this.vmaFlags & VM_HUGETLB) !== 0 ? LETTER.H : LETTER.T)
        | (exclusive !== 'never' && pages.has(marked, PG_EXCLUSIVE) ? LETTER.E : 0)
        | (pfn === head ? LETTER.h : LETTER.t),
    );
  }
}
