/**
 * What the kernel's paths lend out to hooks: where the views read, moved along a run of pages and taken back after the
 * hook. Hooks are given the views alone.
 */

import type { World } from '../tables/world.ts';
import { MmView, type MmPlace, type PagePlace, PageView, type VmaPlace, VmaView } from './views.ts';

export class LentMm implements MmPlace {
  w: World | null = null;
  mm = 0;
  hasPinnedRead: boolean | null = null;
  readonly view = new MmView(this);
}

export class LentVma implements VmaPlace {
  w: World | null = null;
  vma = 0;
  readonly view = new VmaView(this);
}

export class LentPage implements PagePlace {
  w: World | null = null;
  page = 0;
  number = 0;
  writable = false;
  maybeDmaPinned = false;
  askedWhich = false;
  readonly mm = new LentMm();
  readonly vma = new LentVma();
  memoryBase = 0;
  memoryWords = 0;
  remembers: ((word: number, value: number) => void) | null = null;
  readonly view = new PageView(this);

  /** `release` takes it back. */
  lend(w: World, mm: number, vma: number): this {
    this.w = this.mm.w = this.vma.w = w;
    this.mm.mm = mm;
    this.vma.vma = vma;
    return this;
  }

  at(vpn: number, pfn: number, writable: boolean, maybeDmaPinned: boolean): this {
    this.number = vpn;
    this.page = pfn;
    this.askedWhich = false;
    this.writable = writable;
    this.maybeDmaPinned = maybeDmaPinned;
    return this;
  }

  release(): void {
    this.w = this.mm.w = this.vma.w = null;
  }
}
