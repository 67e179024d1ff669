/** Random programs of commands for fast-check: mostly sensible, sometimes bad on purpose, and shrinkable. */

import type { Command, Geometry } from '@cowlab/core';
import fc from 'fast-check';
import { SEED_WEIGHTS } from './kinds.ts';
import { layoutOf } from './layout.ts';
import { Ledger, ODD_MAX, type Seed, type SeedOp } from './seeds.ts';

export interface ProgramOptions {
  /** Kinds of commands to choose from; all of them when left out. */
  readonly ops?: readonly SeedOp[];
  /** Seeds at most; a seed is one command, or two for memory that is to get huge pages. */
  readonly seedsMax?: number;
}

const ALL_OPS = Object.keys(SEED_WEIGHTS) as SeedOp[];

export function programs(
  geometry: Geometry,
  { ops = ALL_OPS, seedsMax = 60 }: ProgramOptions = {},
): fc.Arbitrary<readonly Command[]> {
  // `size: 'max'`: otherwise fast-check stops at a dozen seeds, too few for a fork() of pinned, swapped, remapped
  // memory.
  return fc.array(seeds(ops), { maxLength: seedsMax, size: 'max' }).map((list) => programOf(geometry, list));
}

export function seeds(ops: readonly SeedOp[] = ALL_OPS): fc.Arbitrary<Seed> {
  return fc.record({ op: fc.constantFrom(...ops.flatMap((op) => Array.from({ length: SEED_WEIGHTS[op] }, () => op))),
    task: fc.nat(3), region: fc.nat(5), start: fc.nat(15), nr: fc.nat(15), value: fc.nat(63), odd: fc.nat(ODD_MAX) });
}

/** The commands that seeds stand for, with a prologue that makes a first task. */
export function programOf(geometry: Geometry, list: readonly Seed[]): readonly Command[] {
  const ledger = new Ledger(layoutOf(geometry));
  return [...ledger.prologue(), ...list.flatMap((seed) => ledger.commands(seed))];
}
