/** What repeats come to: their mean, and how sure it is. */
import { meanSimple, quantileSorted, sampleWithReplacement } from 'simple-statistics';
import type { Random } from '../sweep/random.ts';

export interface Estimate {
  readonly mean: number;
  /** Ends of the 95 % bootstrap interval of the mean; both the mean where nothing varies. */
  readonly low: number;
  readonly high: number;
  /** Repeats. */
  readonly nr: number;
}

const RESAMPLES = 1000;

/** `random` decides the resamples, so that the same values have the same interval. */
export function estimateOf(values: readonly number[], random: Random): Estimate {
  const sample = [...values];
  const mean = meanSimple(sample);
  const nr = sample.length;
  if (sample.every((value) => value === sample[0])) return { mean, low: mean, high: mean, nr };
  const means = Array.from({ length: RESAMPLES },
    () => meanSimple(sampleWithReplacement(sample, nr, () => random.unit()))).sort((a, b) => a - b);
  return { mean, low: quantileSorted(means, 0.025), high: quantileSorted(means, 0.975), nr };
}
