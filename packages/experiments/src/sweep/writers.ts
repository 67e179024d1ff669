/** Which page a program touches next. A writer is made once for a run and then asked for page after page. */
import type { Random } from './random.ts';
import { SweepError } from './sweep-error.ts';

/** The next page, counted from 0. */
export type NextPage = () => number;
/** Chance comes from outside, so that a writer can be described before there is a seed. */
export type Writer = (random: Random) => NextPage;

/** Every page as likely as every other. */
export function uniform(pages: number): Writer {
  atLeastOne('uniform', pages);
  return (random) => () => random.below(pages);
}

/**
 * Page k with a weight of 1 / (k + 1) ** exponent: a few pages get most of the writes, as keys of a cache do. Pages are
 * not shuffled: page 0 is the hottest.
 */
export function zipf(pages: number, exponent = 1): Writer {
  atLeastOne('zipf', pages);
  const upTo = new Float64Array(pages);
  let all = 0;
  for (let page = 0; page < pages; page++) upTo[page] = all += 1 / (page + 1) ** exponent;
  return (random) => () => {
    const wanted = random.unit() * all;
    let [low, high] = [0, pages - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle] > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** One after the other, round after round. */
export function sequential(pages: number, first = 0): Writer {
  atLeastOne('sequential', pages);
  return () => {
    let at = first - 1;
    return () => (at = (at + 1) % pages);
  };
}

/** Each page from one of several writers, as often as their shares say. */
export function mixed(...parts: readonly (readonly [share: number, writer: Writer])[]): Writer {
  atLeastOne('mixed', parts.length);
  const all = parts.reduce((sum, [share]) => sum + share, 0);
  if (!(all > 0)) throw new SweepError('mixed', `the shares add up to ${all}`, 'give shares above 0');
  return (random) => {
    const writers = parts.map(([share, writer]) => ({ share, next: writer(random) }));
    return () => {
      let rest = random.unit() * all;
      for (const { share, next } of writers) {
        rest -= share;
        if (rest < 0) return next();
      }
      return writers[writers.length - 1].next();
    };
  };
}

function atLeastOne(name: string, nr: number): void {
  if (!Number.isSafeInteger(nr) || nr < 1) throw new SweepError(name, `is asked for ${nr} of them`, 'give at least 1');
}
