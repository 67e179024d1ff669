/** Chance that can be repeated: the same seeds, the same numbers, on every machine. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** A whole number from 0 to `nr - 1`. */
  below(nr: number): number;
  /** From 0 to below 1. */
  unit(): number;
}

/** Independent of each other for different seeds, however near these are. */
export function randomOf(...seeds: readonly number[]): Random {
  let state = 0x9e3779b9;
  for (const seed of seeds) state = mixed(state ^ mixed(seed | 0));
  const generator = xoroshiro128plus(state);
  return { below: (nr) => uniformInt(generator, 0, nr - 1), unit: () => uniformFloat64(generator) };
}

/** A multiplication spreads every bit of a seed over the word; without it neighbours would begin alike. */
function mixed(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x45d9f3b);
  const twice = Math.imul(once ^ (once >>> 16), 0x45d9f3b);
  return (twice ^ (twice >>> 16)) + 1 | 0;
}
