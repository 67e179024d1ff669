/**
 * Between which ends 19 of 20 further runs lie, from a few: times are about log-normal, and a few runs know their
 * spread badly, which Student's t allows for.
 */
import type { Interval } from './profile.ts';

/** Two-sided 95 % of Student's t, by degrees of freedom. */
const T = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1,
  2.09, 2.09];
const T_MANY = 1.96;

export function spreadOf(values: readonly number[]): Interval {
  const logs = values.map((value) => Math.log(Math.max(value, 1e-3)));
  const nr = logs.length;
  const mean = logs.reduce((sum, value) => sum + value, 0) / nr;
  if (nr < 2) return { low: values[0] ?? 0, middle: values[0] ?? 0, high: values[0] ?? 0 };
  const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (nr - 1));
  const reach = (T[nr - 2] ?? T_MANY) * deviation * Math.sqrt(1 + 1 / nr);
  return { low: Math.exp(mean - reach), middle: Math.exp(mean), high: Math.exp(mean + reach) };
}
