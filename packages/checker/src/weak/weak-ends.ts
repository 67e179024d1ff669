/** A question on a weak machine: the strength of each step, and what holds at an end. */
import type { Leaf } from '../machine/automaton.ts';
import type { Question } from '../race/question.ts';
import type { BrokenSpec } from '../race/specs.ts';
import { stepOrder } from './step-order.ts';
import type { WeakMoves } from './weak-moves.ts';
import type { WeakOptions } from './weak-search.ts';
import type { WeakState } from './weak-state.ts';

/** Of a race under a policy: what is kept in order around its steps. */
export function orderFor({ race, policy, automaton }: Question): WeakOptions['orderOf'] {
  const { watched, variables } = automaton;
  const options = { form: race.atomics ?? 'lse', weakened: race.weakened, strengthened: race.strengthened ?? [],
    isLarge: ({ writes }: Leaf) =>
      writes.some((v, at) => at % 2 === 0 && watched.section(variables[v].word).name === 'folio') } as const;
  return (leaf) => stepOrder(leaf, policy.traits, options);
}

export const judgeWeakly = ({ judge }: Question, moves: WeakMoves, state: WeakState): readonly BrokenSpec[] =>
  judge((variable) => moves.last(state, variable));
