/** Which lab a chunk of a log is of: it is in every chunk, since those before it may have been dropped. */

import type { Geometry } from '@cowlab/core';

export interface LabHead {
  readonly name: string;
  readonly geometry: Geometry;
  readonly policies: readonly string[];
}

export function isGeometry(value: unknown): value is Geometry {
  const { name, bits, levels } = (value ?? {}) as Partial<Geometry>;
  const small = (n: unknown, least: number, most: number): boolean =>
    Number.isSafeInteger(n) && (n as number) >= least && (n as number) <= most;
  return typeof name === 'string' && small(bits, 1, 9) && small(levels, 2, 4);
}
