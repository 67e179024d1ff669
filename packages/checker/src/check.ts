/** The instrument: a race under a policy, every order (or as many as were asked for), and what was found. */
import { PolicyError } from '@cowlab/core';
import { ask, type Question } from './race/question.ts';
import type { Race } from './race/race.ts';
import type { BrokenSpec } from './race/specs.ts';
import type { CheckedLane, CheckOptions, CheckResult } from './check-result.ts';
import { brokenDown, DEADLOCK, replaySchedule, trailOf } from './trail/trail-of.ts';
import { exhaust, type Exhausted } from './search/exhaust.ts';
import { coarseSteps } from './search/between.ts';
import type { Memory } from './memory/memory.ts';
import { persistent } from './search/reduce.ts';
import { valueAt } from './search/search-moves.ts';
import { checkWeakly } from './weak/weak-check.ts';
import { symmetry } from './search/symmetry.ts';
import { wayTo } from './search/way.ts';
import { walk } from './search/walks.ts';

const MAX_STATES = 20_000_000;
const WALKS = 1000;
const PCT_DEPTH = 3;

/**
 * @throws RangeError when the race cannot be set up under this policy
 * @throws PolicyError when the policy answers the same question differently, or leads to a step without an end
 */
export function check(race: Race, lane: CheckedLane, options: CheckOptions): CheckResult {
  const { memory } = options;
  if (memory === 'armv8') return checkWeakly(race, lane, options);
  return checkOrdered(race, lane, { ...options, memory });
}

type Ordered = CheckOptions & { readonly memory: Memory };

function checkOrdered(race: Race, lane: CheckedLane, options: Ordered): CheckResult {
  const question = ask(race, lane.policy);
  const until = options.maxSeconds === undefined ? Infinity : Date.now() + options.maxSeconds * 1000;
  if (options.explorer === 'random' || options.explorer === 'pct')
    return confirmed(checkWalks(question, lane, options, until), race, lane, options);
  const result = searched(question, options, options.reduce === true, until);
  if (result.found === null) return { ...result.counts, ...verdictOf(question, result) };
  // A reduced search says whether, and some way. The shortest comes from the whole one.
  const whole = options.reduce === true ? searched(question, options, false, until).found : null;
  const found = whole ?? result.found;
  const trail = trailOf(question, lane.name, options.memory, found.schedule, found.broken);
  return confirmed({ ...result.counts, verdict: 'broken', exhaustive: false, broken: found.broken,
    coarse: coarseSteps(question.automaton), trail }, race, lane, options);
}

interface Found {
  readonly schedule: readonly number[];
  readonly broken: readonly BrokenSpec[];
}

interface Searched {
  readonly found: Found | null;
  readonly complete: boolean;
  readonly counts: Pick<CheckResult, 'states' | 'transitions' | 'depth' | 'finals' | 'passes' | 'bytes'>;
}

/** Safe of every order of these steps; and of the kernel's where nobody can come between what they hide. */
function verdictOf(
  { automaton }: Question,
  { complete }: Searched,
): Pick<CheckResult, 'verdict' | 'exhaustive' | 'broken' | 'coarse' | 'trail'> {
  const coarse = coarseSteps(automaton);
  const isWhole = complete && coarse.every(({ between }) => between.length === 0);
  return { verdict: isWhole ? 'safe' : 'bounded', exhaustive: complete, broken: [], coarse, trail: null };
}

function searched(
  question: Question,
  { memory, explorer, maxStates = MAX_STATES, maxDepth = Infinity, onProgress }: Ordered,
  reduce: boolean,
  until: number,
): Searched {
  const done = exhaust(question.automaton, { memory, order: explorer === 'dfs' ? 'dfs' : 'bfs',
    limits: { maxStates, maxDepth, until }, ...(reduce && { reduce: persistent, symmetry }),
    ...(onProgress !== undefined && { onProgress }),
    onFinal: (search, state) => question.judge(valueAt(search, state)).length > 0 });
  const { space, transitions, depth, finals, passes } = done;
  // Where nobody ever comes to an end, nothing was judged.
  const complete = done.complete && (finals.length > 0 || done.stuck.length > 0);
  return { found: foundIn(question, done), complete,
    counts: { states: space.count, transitions, depth, finals: finals.length, passes, bytes: space.bytes } };
}

function foundIn({ judge, race }: Question, { search, enough, stuck, crash }: Exhausted): Found | null {
  if (enough !== null) return { schedule: wayTo(search, enough), broken: judge(valueAt(search, enough)) };
  if (crash !== null) return { schedule: wayTo(search, crash.state), broken: brokenDown(crash.what) };
  return stuck.length > 0 && race.specs.includes('deadlock')
    ? { schedule: wayTo(search, stuck[0]), broken: DEADLOCK }
    : null;
}

function checkWalks(
  question: Question,
  lane: CheckedLane,
  { memory, explorer, seed = 1, walks = WALKS, pctDepth = PCT_DEPTH, onProgress }: Ordered,
  until: number,
): CheckResult {
  let found: Found | null = null;
  let finals = 0;
  let depth = 0;
  const made = walk(question.automaton, { memory, seed, walks, pctDepth: explorer === 'pct' ? pctDepth : null, until,
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
  const counts = { states: made, transitions: made, depth, finals, passes: 0, bytes: 0,
    coarse: coarseSteps(question.automaton) };
  if (found === null) return { ...counts, verdict: 'bounded', exhaustive: false, broken: [], trail: null };
  const { schedule, broken }: Found = found;
  return { ...counts, verdict: 'broken', exhaustive: false, broken,
    trail: trailOf(question, lane.name, memory, schedule, broken) };
}

/** What is broken is broken again when somebody else asks the race and takes the same way. */
function confirmed(
  result: CheckResult,
  race: Race,
  { name, policy }: CheckedLane,
  { memory }: Ordered,
): CheckResult {
  const { trail, broken } = result;
  if (trail === null) return result;
  const again = replaySchedule(ask(race, policy), name, memory, trail.schedule);
  if (JSON.stringify(again.broken) === JSON.stringify(broken)) return result;
  throw new PolicyError(policy.ids.at(-1) ?? 'naive', 'onForkPage',
    `leads to another end when the same order is run again (${trail.schedule})`);
}
