/**
 * How often a law is tried: `COWLAB_FUZZ_RUNS` times, from a new seed each time; without it a few dozen times a law
 * and always the same programs, so that `npm test` does not fail for one person only.
 */

import { type Geometry, toyGeometry, X86_64 } from '@cowlab/core';
import fc from 'fast-check';

/**
 * Small worlds reach every corner quickly; on x86-64 a run costs ten times as much and shows what is wide: runs, THPs.
 */
export const GEOMETRIES: readonly { readonly geometry: Geometry; readonly runs: number }[] = [
  { geometry: toyGeometry(), runs: 40 },
  { geometry: X86_64, runs: 5 },
];

interface Environment {
  readonly process?: { readonly env: Readonly<Record<string, string | undefined>> };
}

export interface Runs {
  readonly numRuns: number;
  readonly seed?: number;
}

/** Parameters for `fc.assert`. `usual` is the number of runs in `npm test`. */
export function runsOf(usual: number): Runs {
  const asked = Number((globalThis as Environment).process?.env.COWLAB_FUZZ_RUNS ?? 0);
  return asked > 0 ? { numRuns: Math.ceil((asked * usual) / GEOMETRIES[0].runs) } : { numRuns: usual, seed: 20200925 };
}

/** What a spec waits for at most: far more than it takes, for a machine that is busy with other things. */
export const patienceMs = (runs: Runs): number => 60_000 + runs.numRuns * 500;

/** Try a law. fast-check shrinks what breaks it and prints the seed. */
export function holdsFor<T>(arbitrary: fc.Arbitrary<T>, runs: Runs, law: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, (value) => law(value)), runs);
}
