/** The instrument: a race under a policy, every order (or as many as were asked for), and what was found. */
import { ask, type Question } from './race/question.ts';
import type { Race } from './race/race.ts';
import { answerOf, type Came, confirmed, deadlineOf, type Found, WALKS } from './check-frame.ts';
import type { CheckedLane, CheckOptions, CheckResult } from './check-result.ts';
import { brokenDown, DEADLOCK, replaySchedule, trailOf } from './trail/trail-of.ts';
import { type Explored, explored, type Value } from './search/explored.ts';
import { valueAt } from './search/search-moves.ts';
import { NOBODY } from './crew/helpers.ts';
import { together } from './crew/together.ts';
import type { Memory } from './memory/memory.ts';
import { checkWeakly } from './weak/weak-check.ts';
import { wayTo } from './search/way.ts';
import { walk } from './search/walks.ts';

const MAX_STATES = 20_000_000;
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

function checkOrdered(race: Race, { name, policy }: CheckedLane, options: Ordered): CheckResult {
  const question = ask(race, policy);
  const { memory } = options;
  const until = deadlineOf(options.maxSeconds);
  const came = options.explorer === 'random' || options.explorer === 'pct'
    ? walked(question, options, until)
    : shortest(question, options, until);
  return answerOf(question, came,
    ({ schedule, broken }) =>
      confirmed(trailOf(question, name, memory, schedule, broken), policy, (again) =>
        replaySchedule(ask(race, policy), name, memory, again)));
}

/** A reduced search says whether, and some way. The shortest comes from the whole one. */
function shortest(question: Question, options: Ordered, until: number): Came<number> {
  const { reduce = false } = options;
  const came = searched(question, options, reduce, until);
  if (came.found === null || !reduce || options.shortest === false) return came;
  return { ...came, found: searched(question, options, false, until).found ?? came.found };
}

function searched(question: Question, options: Ordered, reduce: boolean, until: number): Came<number> {
  const { memory, explorer, maxStates = MAX_STATES, maxDepth = Infinity, maxBytes, helpers, onProgress } = options;
  const asked = { memory, reduce, onFinal: (value: Value) => question.judge(value).length > 0,
    limits: { maxStates, maxDepth, until, ...(maxBytes !== undefined && { maxBytes }) },
    ...(onProgress !== undefined && { onProgress }) };
  const isWide = explorer === 'bfs' && (helpers !== undefined || maxBytes !== undefined);
  const done = isWide
    ? together(question.automaton, asked, helpers ?? NOBODY)
    : explored(question.automaton, { ...asked, order: explorer === 'dfs' ? 'dfs' : 'bfs' });
  const { states, transitions, depth, finals, passes, bytes } = done;
  return { found: foundIn(question, done), // Where nobody ever comes to an end, nothing was judged.
    complete: done.complete && (finals > 0 || done.stuck > 0),
    counts: { states, transitions, depth, finals, passes, bytes } };
}

function foundIn({ judge, race }: Question, { found }: Explored): Found<number> | null {
  if (found === null || (found.kind === 'stuck' && !race.specs.includes('deadlock'))) return null;
  const { search, state, kind, what } = found;
  return { schedule: wayTo(search, state), broken: kind === 'enough'
    ? judge(valueAt(search, state))
    : kind === 'crash'
    ? brokenDown(what)
    : DEADLOCK };
}

function walked(
  question: Question,
  { memory, explorer, seed = 1, walks = WALKS, pctDepth = PCT_DEPTH, onProgress }: Ordered,
  until: number,
): Came<number> {
  let found: Found<number> | null = null;
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
  return { found, complete: false, counts: { states: made, transitions: made, depth, finals, passes: 0, bytes: 0 } };
}
