/** mmap() and what changes mappings. */
import { done, type FileKind, MAP_ANONYMOUS, MAP_FIXED, MAP_HUGETLB, MAP_PRIVATE, MAP_SHARED, MREMAP_FIXED,
  MREMAP_MAYMOVE, PAGE_SIZE, PROT_NONE, PROT_READ, PROT_WRITE } from '@cowlab/core';
import type { Advice, MapKind, Prot } from '../operand.ts';
import type { Controller, StepOutcome } from './controller.ts';
import { RANGE, shape, word } from './word.ts';

/** Pages of the memfd behind `file` regions, and what page k of it holds. */
const MEMFD_PAGES = 16;
const MEMFD_BASE = 0x80;

const PROTS: Record<Prot, number> = { none: PROT_NONE, r: PROT_READ, rw: PROT_READ | PROT_WRITE };
const MAP_FLAGS: Record<MapKind, number> = { anon: MAP_PRIVATE | MAP_ANONYMOUS, thp: MAP_PRIVATE | MAP_ANONYMOUS,
  huge: MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, shanon: MAP_SHARED | MAP_ANONYMOUS, file: MAP_PRIVATE,
  rofile: MAP_PRIVATE, sharedfile: MAP_SHARED, dax: MAP_PRIVATE };

export const MAPPING = {
  mmap: word(shape<[p: number, r: number, kind: MapKind, nr: number]>()('p', 'r', 'kind', 'nr'), {
    says: 'region R of N pages; replaces what was there',
    effect: 'maps',
  }, mmap),
  munmap: word(RANGE, { says: 'N pages from page A on are unmapped', effect: 'touches' },
    (on, step) => on.execute({ type: 'Munmap', ...on.range(step) })),
  mremap: word(shape<[p: number, r: number, nr: number]>()('p', 'r', 'nr'), {
    says: 'the region gets N pages, and may move',
    effect: 'resizes',
  }, mremap),
  move: word(
    shape<[p: number, r: number, start: number, nr: number, to: number, at: number]>()('p', 'r', 'start', 'nr', 'to',
      'at'),
    { says: 'mremap() moves N pages from page A on to page B of region TO, and replaces what was there',
      effect: 'moves' },
    move,
  ),
  madvise: word(
    shape<[p: number, r: number, start: number, nr: number, advice: Advice]>()('p', 'r', 'start', 'nr', 'advice'),
    { says: 'advice about N pages from page A on', effect: 'touches' },
    (on, step) => on.execute({ type: 'Madvise', ...on.range(step), advice: step.advice }),
  ),
  mprotect: word(
    shape<[p: number, r: number, start: number, nr: number, prot: Prot]>()('p', 'r', 'start', 'nr', 'prot'),
    { says: 'what may be done with N pages from page A on', effect: 'touches' },
    (on, step) => on.execute({ type: 'Mprotect', ...on.range(step), prot: PROTS[step.prot] }),
  ),
  mlock: word(RANGE, { says: 'N pages from page A on are made present and stay so', effect: 'touches' },
    (on, step) => on.execute({ type: 'Mlock', ...on.range(step), on: true })),
  munlock: word(RANGE, { says: 'N pages from page A on need not stay present any longer', effect: 'touches' },
    (on, step) => on.execute({ type: 'Mlock', ...on.range(step), on: false })),
  /** Reclaim of the range. */
  swapout: word(RANGE, { says: 'reclaim tries to take these pages', effect: 'touches', needs: 'swap' },
    (on, { p, r, start, nr }) => on.execute({ type: 'Reclaim', task: p, vpn: on.vpn(r, start), nr })),
};

function mmap(
  on: Controller,
  { p, r, kind, nr }: { readonly p: number; readonly r: number; readonly kind: MapKind; readonly nr: number },
): StepOutcome {
  const addr = on.regionStart(r) * PAGE_SIZE;
  // The whole place: what this process has there may be longer than what another one mapped last.
  if (on.sizes.has(r)) on.execute({ type: 'Munmap', task: p, addr, length: on.slotPages * PAGE_SIZE });
  const onFile = kind === 'file' || kind === 'rofile' || kind === 'sharedfile';
  const mapped = on.execute({ type: 'Mmap', task: p, addr, length: nr * PAGE_SIZE,
    prot: kind === 'rofile' ? PROT_READ : PROT_READ | PROT_WRITE, flags: MAP_FIXED | MAP_FLAGS[kind],
    ...(onFile ? { file: memfd(on, r) } : kind === 'dax' ? { file: device(on, r) } : {}) });
  if (!mapped.ok) return mapped;
  on.sizes.set(r, nr);
  if (kind === 'thp') on.execute({ type: 'Madvise', task: p, addr, length: nr * PAGE_SIZE, advice: 'hugepage' });
  return done();
}

function mremap(
  on: Controller,
  { p, r, nr }: { readonly p: number; readonly r: number; readonly nr: number },
): StepOutcome {
  const moved = on.execute({ type: 'Mremap', task: p, addr: on.regionStart(r) * PAGE_SIZE,
    oldLength: (on.sizes.get(r) ?? nr) * PAGE_SIZE, newLength: nr * PAGE_SIZE, flags: MREMAP_MAYMOVE });
  if (moved.ok) on.sizes.set(r, nr);
  return moved;
}

function move(
  on: Controller,
  { p, r, start, nr, to, at }: { readonly p: number; readonly r: number; readonly start: number; readonly nr: number;
    readonly to: number; readonly at: number },
): StepOutcome {
  const { task, addr, length } = on.range({ p, r, start, nr });
  const moved = on.execute({ type: 'Mremap', task, addr, oldLength: length, newLength: length,
    flags: MREMAP_MAYMOVE | MREMAP_FIXED, newAddr: on.vpn(to, at) * PAGE_SIZE });
  if (moved.ok) on.sizes.set(to, Math.max(at + nr, on.sizes.get(to) ?? 0));
  return moved;
}

/** One memfd a region: mapped again, or in another process, it is the same file. */
function memfd(on: Controller, r: number): number {
  return on.files.get(r) ?? made(on, r, on.files, 'memfd', MEMFD_PAGES);
}

/** As much as one PUD maps. */
function device(on: Controller, r: number): number {
  return on.devices.get(r) ?? made(on, r, on.devices, 'dax', on.hugePages ** 2);
}

function made(on: Controller, r: number, files: Map<number, number>, kind: FileKind, nr: number): number {
  // Its usual number may be that of shared anonymous memory, which the machine numbers.
  for (let file = r + 1;; file++) {
    const result = on.execute({ type: 'CreateFile', file, kind, nr, base: MEMFD_BASE, step: 1 });
    if (!result.ok && result.errno === 'EEXIST') continue;
    files.set(r, file);
    return file;
  }
}
