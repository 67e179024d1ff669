/** Facts about VMAs: their list, their bounds, their flags. Page tables are not touched here. */

import { assertNever, type VmaEvent } from '../events.ts';
import { HEADER } from '../tables/header.ts';
import { FILE, MM, VM_FORKED, VM_LOCKED, VM_MAYBE_GUARD, VMA } from '../tables/fields.ts';
import type { World } from '../tables/world.ts';
import { dropFile } from '../page/file-cache.ts';
import { insertVma, removeVma } from './list.ts';

export function evolveVma(w: World, e: VmaEvent): void {
  switch (e.type) {
    case 'VmaMapped':
      open(w, e.vma, e.mm, e.start, e.end, e.flags, e.file, e.pgoff, 0);
      insertVma(w, e.mm, e.vma);
      return;
    case 'VmaUnmapped':
      removeVma(w, e.mm, e.vma);
      countLocked(w, e.mm, e.vma, -1);
      putFile(w, w.vmas.get(e.vma, VMA.FILE));
      w.vmas.close(e.vma);
      return;
    case 'VmaSplit': {
      const { vmas } = w;
      const offset = e.at - vmas.get(e.vma, VMA.START);
      const end = vmas.get(e.vma, VMA.END);
      vmas.set(e.vma, VMA.END, e.at);
      open(w, e.into, e.mm, e.at, end, vmas.get(e.vma, VMA.FLAGS), vmas.get(e.vma, VMA.FILE),
        vmas.get(e.vma, VMA.PGOFF) + offset, vmas.get(e.vma, VMA.ANON_VMA), false);
      insertVma(w, e.mm, e.into);
      return;
    }
    case 'VmasMerged': {
      // Out of the list first, while both still have the bounds the list is sorted by.
      const end = w.vmas.get(e.gone, VMA.END);
      const anonVma = w.vmas.get(e.gone, VMA.ANON_VMA);
      const kept = w.vmas.get(e.gone, VMA.FLAGS) & (VM_FORKED | VM_MAYBE_GUARD);
      removeVma(w, e.mm, e.gone);
      putFile(w, w.vmas.get(e.gone, VMA.FILE));
      w.vmas.close(e.gone);
      w.vmas.set(e.vma, VMA.END, end);
      w.vmas.set(e.vma, VMA.FLAGS, w.vmas.get(e.vma, VMA.FLAGS) | kept);
      if (w.vmas.get(e.vma, VMA.ANON_VMA) === 0) w.vmas.set(e.vma, VMA.ANON_VMA, anonVma);
      return;
    }
    case 'VmaResized': {
      countLocked(w, e.mm, e.vma, -1);
      const pgoff = w.vmas.get(e.vma, VMA.PGOFF) + e.start - w.vmas.get(e.vma, VMA.START);
      removeVma(w, e.mm, e.vma);
      w.vmas.set(e.vma, VMA.START, e.start);
      w.vmas.set(e.vma, VMA.END, e.end);
      w.vmas.set(e.vma, VMA.PGOFF, pgoff);
      insertVma(w, e.mm, e.vma);
      countLocked(w, e.mm, e.vma, 1);
      return;
    }
    case 'VmaFlagsChanged':
      countLocked(w, e.mm, e.vma, -1);
      w.vmas.set(e.vma, VMA.FLAGS, e.flags);
      countLocked(w, e.mm, e.vma, 1);
      return;
    case 'AnonVmaPrepared':
      w.vmas.set(e.vma, VMA.ANON_VMA, e.anonVma);
      noteAnonVma(w, e.anonVma);
      return;
    case 'VmaCopied': {
      const { vmas } = w;
      open(w, e.vma, e.to, vmas.get(e.src, VMA.START), vmas.get(e.src, VMA.END), e.flags, vmas.get(e.src, VMA.FILE),
        vmas.get(e.src, VMA.PGOFF), e.anonVma);
      noteAnonVma(w, e.anonVma);
      insertVma(w, e.to, e.vma);
      return;
    }
    default:
      assertNever(e);
  }
}

function open(
  w: World,
  vma: number,
  mm: number,
  start: number,
  end: number,
  flags: number,
  file: number,
  pgoff: number,
  anonVma: number,
  countsLocked = true,
): void {
  w.vmas.open(vma);
  w.vmas.set(vma, VMA.MM, mm);
  w.vmas.set(vma, VMA.START, start);
  w.vmas.set(vma, VMA.END, end);
  w.vmas.set(vma, VMA.FLAGS, flags);
  w.vmas.set(vma, VMA.FILE, file);
  w.vmas.set(vma, VMA.PGOFF, pgoff);
  w.vmas.set(vma, VMA.ANON_VMA, anonVma);
  if (countsLocked) countLocked(w, mm, vma, 1);
  if (file !== 0) w.files.add(file, FILE.USERS, 1);
}

function putFile(w: World, file: number): void {
  if (file === 0) return;
  w.files.add(file, FILE.USERS, -1);
  if (w.files.get(file, FILE.USERS) === 0) dropFile(w, file);
}

function countLocked(w: World, mm: number, vma: number, sign: number): void {
  if ((w.vmas.get(vma, VMA.FLAGS) & VM_LOCKED) === 0) return;
  w.mms.add(mm, MM.LOCKED, sign * (w.vmas.get(vma, VMA.END) - w.vmas.get(vma, VMA.START)));
}

function noteAnonVma(w: World, anonVma: number): void {
  if (anonVma > w.header[HEADER.ANON_VMAS]) w.header[HEADER.ANON_VMAS] = anonVma;
}
