/** A race on ARMv8, as `check` asks it: every order, or walks, and the way to what is broken. */
import { PolicyError } from '@cowlab/core';
import type { CheckedLane, CheckOptions, CheckResult } from '../check-result.ts';
import { ask, type Question } from '../race/question.ts';
import type { Race } from '../race/race.ts';
import type { BrokenSpec } from '../race/specs.ts';
import { coarseSteps } from '../search/between.ts';
import { randomSource } from '../search/random.ts';
import { Again } from '../search/space.ts';
import { brokenDown, DEADLOCK } from '../trail/trail-of.ts';
import type { Trail } from '../trail/trail.ts';
import type { Strengthening } from './step-order.ts';
import { doingOf, movesFor, retraced, searchWeakly, type WeakStep } from './weak-search.ts';
import { judgeWeakly, orderFor } from './weak-ends.ts';
import { replayWeakly, weakTrail } from './weak-trail.ts';

const MAX_STATES = 2_000_000;
const WALKS = 1000;
const LONGEST_WALK = 20_000;

export function checkWeakly(race: Race, lane: CheckedLane, options: CheckOptions): CheckResult {
  const question = ask(race, lane.policy);
  const until = options.maxSeconds === undefined ? Infinity : Date.now() + options.maxSeconds * 1000;
  const walking = options.explorer === 'random' || options.explorer === 'pct';
  const { found, counts, complete } = walking
    ? walkWeakly(question, options, until)
    : searched(question, options, until);
  const coarse = coarseSteps(question.automaton);
  if (found === null) {
    const isWhole = complete && coarse.every(({ between }) => between.length === 0);
    return { ...counts, verdict: isWhole ? 'safe' : 'bounded', exhaustive: complete, broken: [], coarse, trail: null };
  }
  return { ...counts, verdict: 'broken', exhaustive: false, broken: found.broken, coarse,
    trail: confirmed(question, lane, walking ? found.schedule : retracedIn(question, found.schedule), found.broken) };
}

function retracedIn(question: Question, schedule: readonly WeakStep[]): readonly WeakStep[] {
  for (;;) {
    try {
      return retraced(movesFor(question.automaton, orderFor(question)), schedule);
    } catch (cause) {
      if (!(cause instanceof Again)) throw cause;
    }
  }
}

/** What is broken is broken again when somebody else asks the race and takes the same way. */
function confirmed(
  question: Question,
  { name, policy }: CheckedLane,
  schedule: readonly WeakStep[],
  broken: readonly BrokenSpec[],
): Trail {
  const trail = weakTrail(question, name, schedule, broken);
  const again = replayWeakly(ask(question.race, policy), name, trail.schedule);
  if (JSON.stringify(again.broken) === JSON.stringify(broken)) return trail;
  throw new PolicyError(policy.ids.at(-1) ?? 'naive', 'onForkPage',
    `leads to another end when the same order is run again (${trail.schedule})`);
}

interface Found {
  readonly schedule: readonly WeakStep[];
  readonly broken: readonly BrokenSpec[];
}

interface Came {
  readonly found: Found | null;
  readonly complete: boolean;
  readonly counts: Pick<CheckResult, 'states' | 'transitions' | 'depth' | 'finals' | 'passes' | 'bytes'>;
}

function searched(question: Question, { maxStates = MAX_STATES, onProgress }: CheckOptions, until: number): Came {
  const done = searchWeakly(question.automaton, { orderOf: orderFor(question), limits: { maxStates, until },
    onEnd: (moves, state) => judgeWeakly(question, moves, state).length > 0,
    ...(onProgress !== undefined && { onProgress }) });
  const { moves, enough, crash, stuck, states, transitions, depth, finals, passes } = done;
  const found: Found | null = enough !== null
    ? { schedule: enough.schedule, broken: judgeWeakly(question, moves, enough.state) }
    : crash !== null
    ? { schedule: crash.schedule, broken: brokenDown(crash.what) }
    : stuck !== null && question.race.specs.includes('deadlock')
    ? { schedule: stuck.schedule, broken: DEADLOCK }
    : null;
  return { found, complete: done.complete && finals > 0,
    counts: { states, transitions, depth, finals, passes, bytes: 0 } };
}

/** Walks at random, to see again what a search says. */
function walkWeakly(question: Question, { seed = 1, walks = WALKS, onProgress }: CheckOptions, until: number): Came {
  const random = randomSource(seed);
  let [made, finals, depth] = [0, 0, 0];
  let found: Found | null = null;
  let moves = movesFor(question.automaton, orderFor(question));
  for (let walk = 0; walk < walks && found === null && Date.now() < until; walk++) {
    try {
      const schedule: WeakStep[] = [];
      let state = moves.initial();
      for (; schedule.length < LONGEST_WALK;) {
        const can = question.automaton.actors.flatMap((_, a) => {
          const own = moves.of(state, a);
          return own.length === 0 ? [] : [own];
        });
        if (can.length === 0) break;
        const own = can[Math.floor(random() * can.length)];
        const way = Math.floor(random() * own.length);
        schedule.push({ actor: own[way].actor, way, does: doingOf(own[way]) });
        state = own[way].state;
      }
      made += schedule.length;
      depth = Math.max(depth, schedule.length);
      const broken = moves.isThrough(state)
        ? judgeWeakly(question, moves, state)
        : schedule.length < LONGEST_WALK && question.race.specs.includes('deadlock')
        ? DEADLOCK
        : [];
      if (moves.isThrough(state)) finals++;
      if (broken.length > 0) found = { schedule, broken };
    } catch (cause) {
      if (!(cause instanceof Again)) throw cause;
      // What was learnt on the way makes private words shared: the walk begins again.
      moves = movesFor(question.automaton, orderFor(question));
      walk--;
    }
    onProgress?.({ states: made, transitions: made, queue: walks - walk, depth });
  }
  return { found, complete: false, counts: { states: made, transitions: made, depth, finals, passes: 0, bytes: 0 } };
}

/** One of the smallest sets of barriers that mend it. */
export type Mend = readonly Strengthening[];

/** All sets of full barriers, smallest first, with which the race is safe; none that has another in it. */
export function mendsOf(
  race: Race,
  lane: CheckedLane,
  names: readonly Strengthening[],
  maxStates = MAX_STATES,
): Mend[] {
  const mends: Mend[] = [];
  for (let size = 1; size <= names.length; size++) {
    for (const set of subsets(names, size)) {
      if (mends.some((mend) => mend.every((name) => set.includes(name)))) continue;
      const strengthened = [...new Set([...(race.strengthened ?? []), ...set])];
      const result = checkWeakly({ ...race, strengthened }, lane, { memory: 'armv8', explorer: 'bfs', maxStates });
      if (result.verdict === 'safe') mends.push(set);
    }
  }
  return mends;
}

function* subsets<T>(of: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) yield [];
  else
    for (let at = 0; at + size <= of.length; at++)
      for (const rest of subsets(of.slice(at + 1), size - 1)) yield [of[at], ...rest];
}
