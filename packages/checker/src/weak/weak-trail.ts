/** A way through a race on ARMv8 as a trail for people: what each load found, and what it did not find yet. */
import { Names } from '../machine/names.ts';
import type { Question } from '../race/question.ts';
import type { BrokenSpec } from '../race/specs.ts';
import { Again } from '../search/space.ts';
import { parseSchedule } from '../trail/schedule.ts';
import { brokenDown, DEADLOCK, isTold, trailWith } from '../trail/trail-of.ts';
import type { Trail, TrailStep, WordAccess } from '../trail/trail.ts';
import { judgeWeakly, orderFor } from './weak-ends.ts';
import { movesFor, type WeakStep } from './weak-search.ts';
import type { WeakMoves } from './weak-moves.ts';
import type { WeakState } from './weak-state.ts';

export function weakTrail(
  question: Question,
  lane: string,
  schedule: readonly Taken[],
  broken: readonly BrokenSpec[],
): Trail {
  const { steps } = run(question, schedule);
  return trailWith(question, lane, 'armv8', steps, broken, broken.map(({ what }) => what));
}

/** A schedule as somebody wrote it. @throws RangeError where an actor cannot go on so, ScheduleError */
export function replayWeakly(question: Question, lane: string, text: string): Trail {
  const schedule = parseSchedule(text, question.automaton.actors.length).map(({ actor, kind, way = 0 }, at) => {
    if (kind === 'flush') throw new RangeError(`move ${at + 1} of the schedule: ARMv8 has no store buffers here`);
    return { actor, way };
  });
  const { steps, state, moves } = run(question, schedule);
  const can = question.automaton.actors.some((_, a) => moves.of(state, a).length > 0);
  const crash = can
    ? null
    : question.automaton.leaves.find(({ crash: what, actor, from }) => what !== null && from === state.places[actor]);
  const broken = moves.isThrough(state)
    ? judgeWeakly(question, moves, state)
    : can
    ? []
    : crash?.crash !== undefined && crash.crash !== null
    ? brokenDown(crash.crash)
    : question.race.specs.includes('deadlock')
    ? DEADLOCK
    : [];
  return trailWith(question, lane, 'armv8', steps, broken, moves.isThrough(state) || broken.length > 0
    ? broken.map(({ what }) => what)
    : ['the schedule ends before everybody is through']);
}

interface Run {
  readonly steps: readonly TrailStep[];
  readonly state: WeakState;
  readonly moves: WeakMoves;
}

type Taken = Pick<WeakStep, 'actor' | 'way'>;

function run(question: Question, schedule: readonly Taken[]): Run {
  for (;;) {
    try {
      return runOnce(question, schedule);
    } catch (cause) {
      // What was learnt on the way changes which words are shared.
      if (!(cause instanceof Again)) throw cause;
    }
  }
}

function runOnce(question: Question, schedule: readonly Taken[]): Run {
  const { automaton } = question;
  const moves = movesFor(automaton, orderFor(question));
  const names = new Names(automaton);
  let state = moves.initial();
  const steps: TrailStep[] = [];
  const olds = new Set<number>();
  const wrote: (readonly number[])[] = [];
  schedule.forEach(({ actor, way }, at) => {
    const move = moves.of(state, actor)[way];
    if (move === undefined)
      throw new RangeError(
        `move ${at + 1} of the schedule: ${
          automaton.actors[actor].name
        } cannot go on there so; the schedule belongs to another policy, memory model or file`,
      );
    const leaf = automaton.leaves[move.leaf];
    const { operations } = automaton.actors[actor];
    const op = operations[Math.min(automaton.places[actor][state.places[actor]].op, operations.length - 1)].text;
    const before = state;
    const access = (variable: number, value: number, old?: number): WordAccess => ({ word: names.word(variable),
      value: names.value(variable, value), ...(old !== undefined && { old: names.value(variable, old) }) });
    for (const { variable, old } of move.loads) if (old) olds.add(variable);
    const stored = [...leaf.writes, ...leaf.buffered];
    wrote.push(stored.filter((_, i) => i % 2 === 0));
    const isOld = move.loads.some(({ old, variable }) => old && isTold(names.word(variable)));
    steps.push({ actor, op, step: `${leaf.name}${isOld ? ' [old]' : ''}${move.early > 0 ? ' [early]' : ''}`,
      kind: 'step', way, buffered: false, critical: isOld || move.early > 0,
      reads: move.loads.map(({ variable, value }) => access(variable, value)).filter(({ word, value }) =>
        isTold(word) && !value.startsWith('table ')
      ), writes: Array.from({ length: stored.length / 2 }, (_, i) => [stored[2 * i], stored[2 * i + 1]] as const)
        .map(([variable, value]) => access(variable, value, moves.last(before, variable)))
        .filter(({ word, value, old }) => isTold(word) && value !== old) });
    state = move.state;
  });
  // What was not found yet, where it was stored.
  return { state, moves,
    steps: steps.map((step, at) => ({ ...step,
      critical: step.critical || wrote[at].some((variable) => olds.has(variable) && isTold(names.word(variable))) })
    ) };
}
