/**
 * Which free frame is taken. The choice is made while a command decides and stands in its facts, so a log replays to
 * the same world whoever chose. A choice may depend on the memory it is shown and on nothing else: searches ask again
 * in other orders, and a machine that is branched off must go on as the first one would.
 */
import { NUMBERS_MAX } from '../tables/limits.ts';
import type { World } from '../tables/world.ts';

/** The frames of one machine as an allocator sees them. Frame 0 is the zero page and never free. */
export class FreeMemory {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    Object.freeze(this);
  }

  /** Base pages in use. */
  get used(): number {
    return this.#world.pages.used;
  }

  isFree(pfn: number): boolean {
    return pfn > 0 && pfn < NUMBERS_MAX && this.#world.pages.frames.isFree(pfn);
  }

  /** Lowest free frame; -1 at the memory limit. */
  lowest(): number {
    return this.#world.pages.nextFree();
  }

  /** Lowest frame that begins an aligned run of `nr` free ones, `nr` a power of two; -1 at the memory limit. */
  lowestRun(nr: number): number {
    return this.#world.pages.nextFreeHuge(nr);
  }

  /** Free frames from `pfn` on without a gap, at most `most`. */
  runFrom(pfn: number, most: number): number {
    return this.#world.pages.freeRun(pfn, most);
  }
}

Object.freeze(FreeMemory.prototype);

export interface FrameAllocator {
  /** What complaints call it. */
  readonly name: string;
  /** A free frame for one page; -1 when there is no memory. */
  frame(memory: FreeMemory): number;
  /** Head of an aligned run of `nr` free frames, for a huge page; -1 when there is none. */
  hugeFrame(memory: FreeMemory, nr: number): number;
}

/** What everybody uses who does not say otherwise: neighbours in time are neighbours in memory, so runs are long. */
export const LOWEST_FREE: FrameAllocator = Object.freeze<FrameAllocator>({ name: 'lowest-free',
  frame: (memory) => memory.lowest(), hugeFrame: (memory, nr) => memory.lowestRun(nr) });

/** An allocator that chose what nobody can have. The command stopped midway. */
export class FrameAllocatorError extends Error {
  readonly code = 'frame-allocator';
  constructor(readonly allocator: string, readonly problem: string, readonly mend: string, options?: ErrorOptions) {
    super(`frame allocator '${allocator}': ${problem}; ${mend}`, options);
    this.name = 'FrameAllocatorError';
  }
}

/** The frame for one page. @throws FrameAllocatorError */
export function chooseFrame(allocator: FrameAllocator, memory: FreeMemory): number {
  if (allocator === LOWEST_FREE) return memory.lowest();
  return checked(allocator, memory, 'frame', 1, () => allocator.frame(memory));
}

/** The head for `nr` frames in one piece. @throws FrameAllocatorError */
export function chooseHugeFrame(allocator: FrameAllocator, memory: FreeMemory, nr: number): number {
  if (allocator === LOWEST_FREE) return memory.lowestRun(nr);
  return checked(allocator, memory, 'hugeFrame', nr, () => allocator.hugeFrame(memory, nr));
}

function checked(
  { name }: FrameAllocator,
  memory: FreeMemory,
  method: string,
  nr: number,
  choose: () => number,
): number {
  let pfn: number;
  let again: number;
  try {
    pfn = choose();
    again = choose();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FrameAllocatorError(name, `\`${method}\` threw: ${reason}`, 'mend it', { cause });
  }
  if (pfn !== again)
    throw new FrameAllocatorError(name, `\`${method}\` chose ${pfn}, and ${again} when it was asked again`,
      'let the choice depend on the memory alone: no chance, no counter of its own');
  if (pfn === -1) return -1;
  if (!Number.isSafeInteger(pfn) || pfn < 1)
    throw new FrameAllocatorError(name, `\`${method}\` chose ${String(pfn)}`, 'choose a free frame, or -1 for none');
  if (pfn % nr !== 0)
    throw new FrameAllocatorError(name, `\`${method}\` chose ${pfn} for a huge page of ${nr}`,
      `take a multiple of ${nr}`);
  if (!memory.isFree(pfn) || memory.runFrom(pfn, nr) < nr)
    throw new FrameAllocatorError(name, `\`${method}\` chose ${pfn}, which is not free`,
      'ask `memory.isFree(pfn)`, or take `memory.lowest()`');
  return pfn;
}
