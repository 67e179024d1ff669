/** A unit of work, small enough to be lost: its name says all that its outcome depends on, beside build and question. */
import { createHash } from 'node:crypto';
import type { Memory, RaceMemory } from '@cowlab/checker';

/** One search of those that are cut into cells. */
export interface SearchUnit {
  readonly race: string;
  readonly lane: string;
  readonly memory: Memory;
}

export interface CellUnit extends SearchUnit {
  readonly work: 'cell';
  /** All cells are searched anew when one of them learnt what the others had to know. */
  readonly pass: number;
  readonly i: number;
  readonly j: number;
}

export const searchOf = ({ race, lane, memory }: SearchUnit): SearchUnit => ({ race, lane, memory });

export type Unit =
  | { readonly work: 'programs'; readonly lane: string; readonly against: string; readonly from: number;
    readonly to: number }
  | { readonly work: 'shrink'; readonly lane: string; readonly against: string; readonly number: number }
  | { readonly work: 'cells'; readonly from: number; readonly to: number }
  | { readonly work: 'race'; readonly race: string; readonly lane: string; readonly memory: RaceMemory }
  | SearchUnit & { readonly work: 'look' }
  | CellUnit
  | { readonly work: 'recorded'; readonly set: string; readonly kernel: string; readonly from: number;
    readonly to: number };

/** Of a campaign's units, this one. */
export function unitKey(unit: Unit): string {
  switch (unit.work) {
    case 'programs':
      return `programs ${unit.lane} / ${unit.against} / ${range(unit)}`;
    case 'shrink':
      return `shrink ${unit.lane} / ${unit.against} / ${unit.number}`;
    case 'cells':
      return `cells ${range(unit)}`;
    case 'race':
      return `race ${unit.race} / ${unit.lane} / ${unit.memory}`;
    case 'look':
      return `look ${unit.race} / ${unit.lane} / ${unit.memory}`;
    case 'cell':
      return `cell ${unit.race} / ${unit.lane} / ${unit.memory} / ${unit.pass}: ${unit.i} ${unit.j}`;
    case 'recorded':
      return `recorded ${unit.set} / ${unit.kernel} / ${range(unit)}`;
  }
}

/** Which kernel must be at hand; empty: none. */
export function needOf(unit: Unit): string {
  return (unit.work === 'programs' || unit.work === 'shrink') && /^\d/.test(unit.against) ? unit.against : '';
}

/** What is counted of a campaign: programs, cells, races. */
export function sizeOf(unit: Unit): number {
  return 'from' in unit ? unit.to - unit.from : unit.work === 'race' || unit.work === 'look' ? 1 : 0;
}

const range = ({ from, to }: { readonly from: number; readonly to: number }): string => `${from}..${to - 1}`;

/** The same value gives the same text, in whichever order its fields came about. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one ?? null)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join()}}`;
}

export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** A fixed part of all units, chosen by their names: `share` of them. */
export function isOfShare(key: string, share: number): boolean {
  return parseInt(createHash('sha256').update(key).digest('hex').slice(0, 8), 16) < share * 2 ** 32;
}
