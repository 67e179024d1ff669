/**
 * Programs of the kinds that meet fork() in practice, as steps for a scenario. Each takes the parent as process 0 with
 * its memory in region 0; give the steps to `scenario(…).steps(…)`.
 */
import type { MapKind, Step } from '@cowlab/scenario';
import type { Random } from './random.ts';
import { uniform, type Writer } from './writers.ts';

const PARENT = 0;
const MEMORY = 0;
/** Bytes that stores leave: one is as good as another, but a page must not keep what it had. */
const BEFORE = 1;
const AFTER = 2;

/** Map memory and store to every page of it; mlock() touches pages as stores do, in one step. */
export function touched(pages: number, kind: MapKind = 'anon', r = MEMORY): Step[] {
  const range = { p: PARENT, r, start: 0, nr: pages };
  return [{ op: 'mmap', p: PARENT, r, kind, nr: pages }, { op: 'mlock', ...range }, { op: 'munlock', ...range }];
}

export interface Writes {
  readonly p?: number;
  readonly r?: number;
  readonly nr: number;
  readonly writer: Writer;
  readonly value?: number;
}

export function writes(random: Random, { p = PARENT, r = MEMORY, nr, writer, value = AFTER }: Writes): Step[] {
  const next = writer(random);
  return Array.from({ length: nr }, (): Step => ({ op: 'write', p, r, page: next(), value }));
}

export interface Snapshot {
  readonly pages: number;
  readonly kind?: MapKind;
  /** Stores of the parent while the child holds its snapshot. */
  readonly writes: number;
  readonly writer?: Writer;
}

/** A store that saves itself by fork(): the child reads, the parent goes on writing, the child ends. */
export function snapshot(random: Random, { pages, kind, writes: nr, writer = uniform(pages) }: Snapshot): Step[] {
  return [...touched(pages, kind), { op: 'fork', p: PARENT, child: 1 }, ...writes(random, { nr, writer }), { op: 'exit',
    p: 1 }];
}

export interface Prefork {
  readonly workers: number;
  readonly pages: number;
  readonly kind?: MapKind;
  /** Stores of each worker to memory that it has from its parent. */
  readonly writes: number;
  readonly writer?: Writer;
}

/** A server that loads everything and forks its workers, which write to some of it. */
export function prefork(
  random: Random,
  { workers, pages, kind, writes: nr, writer = uniform(pages) }: Prefork,
): Step[] {
  const children = Array.from({ length: workers }, (_, at) => at + 1);
  return [...touched(pages, kind), ...children.map((child): Step => ({ op: 'fork', p: PARENT, child })),
    ...children.flatMap((p) => writes(random, { p, nr, writer }))];
}

export interface BufferPool {
  readonly pages: number;
  readonly kind?: MapKind;
  /** Pages that are registered with a device, from the first on. */
  readonly pinned: number;
  /** Pages of one registration. */
  readonly buffer?: number;
  /** Stores of the owner after fork(), to the whole pool. */
  readonly writes: number;
  readonly writer?: Writer;
  /** The helper that is forked ends before the owner goes on. */
  readonly childExits?: boolean;
}

/** Buffers registered with a device, a fork() for a helper, and the owner that goes on using its pool. */
export function bufferPool(
  random: Random,
  { pages, kind, pinned, buffer = pinned, writes: nr, writer = uniform(pages), childExits = false }: BufferPool,
): Step[] {
  const pins: Step[] = [];
  for (let start = 0; start < pinned; start += buffer)
    pins.push({ op: 'pin', p: PARENT, slot: pins.length, r: MEMORY, start, nr: Math.min(buffer, pinned - start) });
  return [...touched(pages, kind), ...pins, { op: 'fork', p: PARENT, child: 1 },
    ...(childExits ? [{ op: 'exit', p: 1 } as const] : []), ...writes(random, { nr, writer })];
}

export interface DataLoader {
  readonly workers: number;
  /** Of the data set, which is loaded before fork(). */
  readonly pages: number;
  /** Of each worker's look at the data. An object of an interpreter counts its references: a look is a store. */
  readonly samples: number;
  readonly writer?: Writer;
  /** Pages that are pinned for transfers to a GPU before the workers are forked. */
  readonly staging?: number;
}

/** A training loop: data in memory, a pinned staging buffer, workers that are forked and look at samples. */
export function dataLoader(
  random: Random,
  { workers, pages, samples, writer = uniform(pages), staging = 0 }: DataLoader,
): Step[] {
  const children = Array.from({ length: workers }, (_, at) => at + 1);
  const pinned: Step[] = staging === 0
    ? []
    : [...touched(staging, 'anon', STAGING), { op: 'pin', p: PARENT, slot: 0, r: STAGING, start: 0, nr: staging }];
  // A batch is put into the staging buffer once the workers run.
  const batch = Array.from({ length: staging },
    (_, page): Step => ({ op: 'write', p: PARENT, r: STAGING, page, value: AFTER }));
  return [...touched(pages), ...pinned, ...children.map((child): Step => ({ op: 'fork', p: PARENT, child })),
    ...children.flatMap((p) => writes(random, { p, nr: samples, writer, value: BEFORE })), ...batch];
}

const STAGING = 1;
