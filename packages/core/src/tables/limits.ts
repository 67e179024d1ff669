/** What a world cannot hold is refused by name before anything of it is stored. */

/** An entry of a page table has 24 bits for the number of a frame, a swap slot or a lower table. */
export const NUMBERS_MAX = 2 ** 24;

export class WorldLimitError extends RangeError {
  override readonly name = 'WorldLimitError';
}

/** `from` as the first of `nr` numbers that are about to be used. @throws WorldLimitError */
export function withinWorld(from: number, nr: number, what: keyof typeof MENDS): number {
  if (from + nr <= NUMBERS_MAX) return from;
  throw new WorldLimitError(`a machine has at most 2^24 ${what}; ${MENDS[what]}`);
}

const MENDS = {
  'page frames': 'that is 64 GiB in pages of 4 KiB: store less memory at a time',
  'swap slots': 'that is 64 GiB in pages of 4 KiB: swap out less memory',
  'page tables': 'map fewer regions that lie far apart',
} as const;
