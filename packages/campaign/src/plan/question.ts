/** What a campaign asks, as data: whoever has the same build and the same files comes to the same answers. */
import type { FuzzKinds } from '@cowlab/oracle';
import type { RaceMemory } from '@cowlab/checker';

/** Whom the programs of a lane are compared with. */
export type Against =
  /** The laws that every policy keeps. */
  | { readonly by: 'laws' }
  /** What another lane does with them. */
  | { readonly by: 'lane'; readonly lane: string }
  /** Kernels, by series such as 5.10: this machine's, or guests under qemu. */
  | { readonly by: 'kernels'; readonly kernels: readonly string[] };

export interface FuzzQuestion {
  readonly kind: 'fuzz';
  readonly seed: number;
  readonly kinds: FuzzKinds;
  readonly programs: number;
  readonly lanes: readonly string[];
  readonly against: Against;
}

export interface SweepQuestion {
  readonly kind: 'sweep';
  readonly file: string;
  readonly set: readonly (readonly [name: string, values: readonly (string | number | boolean)[]])[];
  readonly zip: boolean;
  readonly lanes: string | null;
  readonly measures: readonly string[] | null;
  readonly repeats: number | null;
  readonly seed: number | null;
}

export interface CheckQuestion {
  readonly kind: 'check';
  readonly races: readonly string[];
  /** null: those that each race speaks of. */
  readonly lanes: string | null;
  readonly memory: readonly RaceMemory[] | null;
  readonly reduce: boolean;
  readonly maxStates: number;
  /** Into so many pieces each of two actors is cut; 1: a race is one unit. */
  readonly pieces: number;
}

export interface ConformQuestion {
  readonly kind: 'conform';
  readonly golden: string;
  readonly jobs: readonly { readonly set: string; readonly kernel: string; readonly programs: string;
    readonly recording: string }[];
}

export type Question = FuzzQuestion | SweepQuestion | CheckQuestion | ConformQuestion;
