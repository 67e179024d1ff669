/** A race on ARMv8, as `check` asks it: every order, or walks, and the way to what is broken. */
import { answerOf, type Came, confirmed, deadlineOf, type Found, LONGEST_WALK, WALKS } from '../check-frame.ts';
import type { CheckedLane, CheckOptions, CheckResult } from '../check-result.ts';
import { ask, type Question } from '../race/question.ts';
import type { Race } from '../race/race.ts';
import { randomSource } from '../search/random.ts';
import { Again } from '../search/space.ts';
import { brokenDown, DEADLOCK } from '../trail/trail-of.ts';
import { doingOf, movesFor, retraced, searchWeakly, type WeakStep } from './weak-search.ts';
import { judgeWeakly, orderFor } from './weak-ends.ts';
import { replayWeakly, weakTrail } from './weak-trail.ts';

const MAX_STATES = 2_000_000;

export function checkWeakly(race: Race, { name, policy }: CheckedLane, options: CheckOptions): CheckResult {
  const question = ask(race, policy);
  const until = deadlineOf(options.maxSeconds);
  const walking = options.explorer === 'random' || options.explorer === 'pct';
  const came = walking ? walkWeakly(question, options, until) : searched(question, options, until);
  return answerOf(question, came,
    ({ schedule, broken }) =>
      confirmed(weakTrail(question, name, walking ? schedule : retracedIn(question, schedule), broken), policy,
        (again) => replayWeakly(ask(race, policy), name, again)));
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

function searched(
  question: Question,
  { maxStates = MAX_STATES, onProgress }: CheckOptions,
  until: number,
): Came<WeakStep> {
  const done = searchWeakly(question.automaton, { orderOf: orderFor(question), limits: { maxStates, until },
    onEnd: (moves, state) => judgeWeakly(question, moves, state).length > 0,
    ...(onProgress !== undefined && { onProgress }) });
  const { moves, enough, crash, stuck, states, transitions, depth, finals, passes } = done;
  const found: Found<WeakStep> | null = enough !== null
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
function walkWeakly(
  question: Question,
  { seed = 1, walks = WALKS, onProgress }: CheckOptions,
  until: number,
): Came<WeakStep> {
  const random = randomSource(seed);
  let [made, finals, depth] = [0, 0, 0];
  let found: Found<WeakStep> | null = null;
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
