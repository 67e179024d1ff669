/** The instrument: a race under a policy, every order (or as many as were asked for), and what was found. */
import type { Policy } from '@cowlab/core';
import { ask, type Question } from './race/question.ts';
import type { Race } from './race/race.ts';
import type { BrokenSpec } from './race/specs.ts';
import { exhaust, type Progress } from './search/exhaust.ts';
import type { SearchMoves } from './search/search-moves.ts';
import type { Memory } from './search/moves.ts';
import { persistent } from './search/reduce.ts';
import type { Space } from './search/space.ts';
import { symmetry } from './search/symmetry.ts';
import { walk } from './search/walks.ts';
import { trailOf } from './race/trail-of.ts';
import type { Trail } from './trail/trail.ts';

export interface CheckOptions {
  readonly memory: Memory;
  readonly explorer: 'bfs' | 'dfs' | 'random' | 'pct';
  /** Of the walks. */
  readonly seed?: number;
  readonly walks?: number;
  /** PCT: how many moves' order a bug may depend on. */
  readonly pctDepth?: number;
  readonly maxStates?: number;
  readonly maxDepth?: number;
  /** Follow one actor where that loses nothing. */
  readonly reduce?: boolean;
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
  /** The shortest one under `bfs`. */
  readonly trail: Trail | null;
}

export interface CheckedLane {
  readonly name: string;
  readonly policy: Policy;
}

const MAX_STATES = 20_000_000;
const WALKS = 1000;
const PCT_DEPTH = 3;
/** Whatever was asked: a kernel that breaks down holds nothing. */
const brokenDown = (
  what: string,
): readonly BrokenSpec[] => [{ spec: 'balance', what: `the kernel breaks down: ${what}` }];
const DEADLOCK: readonly BrokenSpec[] = [{ spec: 'deadlock', what: 'nobody can go on, and not everybody is through' }];

/** @throws RangeError when the race cannot be set up under this policy */
export function check(race: Race, lane: CheckedLane, options: CheckOptions): CheckResult {
  const question = ask(race, lane.policy);
  if (options.explorer === 'random' || options.explorer === 'pct') return checkWalks(question, lane, options);
  if (options.reduce !== true) return checkAll(question, lane, options, 'none');
  const reduced = checkAll(question, lane, options, 'all');
  // Of states that are alike it keeps one, whoever got there: it says whether, not how. The way, and the shortest,
  // comes
  // from the whole search; where that is too large, from one that follows one actor at a time, a way but not the
  // shortest.
  if (reduced.verdict !== 'broken') return reduced;
  const trail = checkAll(question, lane, options, 'none').trail
    ?? checkAll(question, lane, { ...options, maxStates: roomFor(options) }, 'order').trail;
  return { ...reduced, trail };
}

/** Without the exchange of threads a search has so many times more states, for the few threads that a race has. */
const roomFor = ({ maxStates = MAX_STATES }: CheckOptions): number => maxStates * 8;

interface Found {
  readonly schedule: readonly number[];
  readonly broken: readonly BrokenSpec[];
}

/** `order`: the partial order reduction alone, whose states are all reached by the moves that are kept with them. */
function checkAll(
  question: Question,
  lane: CheckedLane,
  options: CheckOptions,
  reductions: 'none' | 'order' | 'all',
): CheckResult {
  const { memory, explorer, maxStates = MAX_STATES, maxDepth = Infinity, onProgress } = options;
  let found: Found | null = null;
  const done = exhaust(question.automaton, {
    memory,
    order: explorer === 'dfs' ? 'dfs' : 'bfs',
    limits: { maxStates, maxDepth },
    ...(reductions !== 'none' && { reduce: persistent }),
    ...(reductions === 'all' && { symmetry }),
    ...(onProgress !== undefined && { onProgress }),
    onFinal: (search, state) => {
      const broken = question.judge(valueAt(search, state));
      if (broken.length > 0) found = { schedule: scheduleTo(search.space, state), broken };
      return broken.length > 0;
    },
  });
  if (found === null && done.stuck.length > 0) {
    const broken = done.crash !== null
      ? brokenDown(done.crash)
      : question.race.specs.includes('deadlock')
      ? DEADLOCK
      : [];
    if (broken.length > 0) found = { schedule: scheduleTo(done.space, done.stuck[0]), broken };
  }
  const { space, transitions, depth, finals, passes, complete } = done;
  return { ...resultOf(question, lane, memory, found, complete && found === null, reductions !== 'all'),
    states: space.count, transitions, depth, finals: finals.length, passes, bytes: space.bytes };
}

function checkWalks(
  question: Question,
  lane: CheckedLane,
  { memory, explorer, seed = 1, walks = WALKS, pctDepth = PCT_DEPTH, onProgress }: CheckOptions,
): CheckResult {
  let found: Found | null = null;
  let finals = 0;
  let depth = 0;
  const made = walk(question.automaton, { memory, seed, walks, pctDepth: explorer === 'pct' ? pctDepth : null,
    ...(onProgress !== undefined
      && {
        onWalk: (done: number, moves: number) =>
          onProgress({ states: moves, transitions: moves, queue: walks - done, depth }),
      }) }, (schedule, through, value, crash) => {
    depth = Math.max(depth, schedule.length);
    if (through) finals++;
    const broken = through
      ? question.judge(value)
      : crash !== null
      ? brokenDown(crash)
      : question.race.specs.includes('deadlock')
      ? DEADLOCK
      : [];
    if (broken.length > 0) found = { schedule, broken };
    return broken.length > 0;
  });
  return { ...resultOf(question, lane, memory, found, false), states: made, transitions: made, depth, finals, passes: 0,
    bytes: 0 };
}

function resultOf(
  question: Question,
  lane: CheckedLane,
  memory: Memory,
  found: Found | null,
  exhaustive: boolean,
  withTrail = true,
): Pick<CheckResult, 'verdict' | 'exhaustive' | 'broken' | 'trail'> {
  if (found === null) return { verdict: exhaustive ? 'safe' : 'bounded', exhaustive, broken: [], trail: null };
  return { verdict: 'broken', exhaustive: false, broken: found.broken,
    trail: withTrail ? trailOf(question, lane.name, memory, found.schedule, found.broken) : null };
}

export const valueAt = (search: SearchMoves, state: number) =>
(
  variable: number,
): number => (search.base + variable < search.space.sizes.length
  ? search.space.get(state, search.base + variable)
  : 0);

export function scheduleTo(space: Space, state: number): readonly number[] {
  const moves: number[] = [];
  for (let at = state; space.parent[at] >= 0; at = space.parent[at]) moves.push(space.via[at]);
  return moves.reverse();
}
