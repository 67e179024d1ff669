/** What is asked of a search, and what comes of it, under whichever memory model. */
import type { Policy } from '@cowlab/core';
import type { Helpers } from './crew/helpers.ts';
import type { RaceMemory } from './memory/memory.ts';
import type { BrokenSpec } from './race/specs.ts';
import type { CoarseStep } from './search/between.ts';
import type { Progress } from './search/exhaust.ts';
import type { Trail } from './trail/trail.ts';

export interface CheckOptions {
  readonly memory: RaceMemory;
  readonly explorer: 'bfs' | 'dfs' | 'random' | 'pct';
  /** Of the walks. */
  readonly seed?: number;
  readonly walks?: number;
  /** PCT: how many moves' order a bug may depend on. */
  readonly pctDepth?: number;
  readonly maxStates?: number;
  readonly maxDepth?: number;
  /** Of what the states hold, under `sc` and `tso`, breadth first: they are kept small, and the search ends there. */
  readonly maxBytes?: number;
  /** Threads that search together with this one, under `sc` and `tso`, breadth first. */
  readonly helpers?: Helpers;
  /** Of all that is done for the answer. */
  readonly maxSeconds?: number;
  /** Follow one actor where that loses nothing. */
  readonly reduce?: boolean;
  /** false: of what is broken some order will do. A reduced search knows no other. */
  readonly shortest?: boolean;
  readonly onProgress?: (progress: Progress) => void;
}

export interface CheckResult {
  /** `bounded`: nothing was found, and not everything was looked at. That is no pass. */
  readonly verdict: 'safe' | 'broken' | 'bounded';
  /** Every reachable state was visited. */
  readonly exhaustive: boolean;
  readonly states: number;
  readonly transitions: number;
  /** Moves from the start to the furthest state. */
  readonly depth: number;
  /** Ends at which everybody is through. */
  readonly finals: number;
  /** Of the search: a reduced one is made again when it learnt something. */
  readonly passes: number;
  /** Of the states and their table. */
  readonly bytes: number;
  readonly broken: readonly BrokenSpec[];
  /**
   * What was taken as one step where kernels take several. One that somebody can come between makes `bounded` of
   * `safe`.
   */
  readonly coarse: readonly CoarseStep[];
  /** The shortest one under `bfs`, where the whole search is small enough to say. */
  readonly trail: Trail | null;
}

export interface CheckedLane {
  readonly name: string;
  readonly policy: Policy;
}
