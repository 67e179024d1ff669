/** A whole search in cells, in this process: what many workers do one cell each, and how their counts are put together. */
import type { Policy } from '@cowlab/core';
import type { CheckResult } from '../check-result.ts';
import type { Memory } from '../memory/memory.ts';
import { ask, type Question } from '../race/question.ts';
import type { Race } from '../race/race.ts';
import { type CoarseStep, coarseSteps } from '../search/between.ts';
import { valueAt } from '../search/search-moves.ts';
import { type CellAt, type CellCame, cellKey, searchCell } from './cell.ts';
import { cutInto, joined, type Knowledge, look } from './pieces.ts';
import type { PortableStates } from './portable.ts';

/** What a cell comes to, with what it saw of steps that hide several. */
export type CellOutcome = CellCame & { readonly coarse: readonly CoarseStep[] };

export interface SplitCounts
  extends Pick<CheckResult, 'verdict' | 'exhaustive' | 'states' | 'transitions' | 'depth' | 'finals' | 'coarse'>
{
  readonly cells: number;
}

/** One process's part in a search of a race under a policy. */
export class SplitSearch {
  private readonly question: Question;

  constructor(private readonly race: Race, policy: Policy, private readonly memory: Memory) {
    this.question = ask(race, policy);
  }

  /** Before anything is cut. */
  look(maxStates?: number): Knowledge {
    return look(this.question.automaton, this.memory, maxStates);
  }

  cell(cell: CellAt, pieces: number, knowledge: Knowledge, into: readonly PortableStates[]): CellOutcome {
    const { automaton, judge } = this.question;
    for (const [word, actors] of knowledge.used) automaton.know(word, actors);
    const cutting = cutInto(pieces, automaton.actors.length, knowledge);
    const came = searchCell(cell, into, { automaton, memory: this.memory, pieces: cutting,
      isBroken: (search, state) => judge(valueAt(search, state)).length > 0 });
    return { ...came, coarse: coarseSteps(automaton) };
  }

  /** Every cell, one after the other, until no cell knows more than the others knew. */
  whole(pieces: number, maxStates?: number): SplitCounts {
    let knowledge = this.look(maxStates);
    for (;;) {
      const { outcomes, learnt } = this.pass(pieces, knowledge);
      if (learnt === null) return countsOf(outcomes, this.race.specs.includes('deadlock'));
      knowledge = learnt;
    }
  }

  private pass(pieces: number, knowledge: Knowledge): { outcomes: readonly CellOutcome[]; learnt: Knowledge | null } {
    const outcomes = new Map<string, CellOutcome>();
    let learnt: Knowledge | null = null;
    for (const cell of cellsOf(pieces)) {
      const outcome = this.cell(cell, pieces, knowledge, [...outcomes.values()].flatMap((one) =>
        one.out[cellKey(cell)] ?? []
      ));
      outcomes.set(cellKey(cell), outcome);
      learnt = joined(learnt ?? knowledge, outcome.knowledge) ?? learnt;
    }
    return { outcomes: [...outcomes.values()], learnt };
  }
}

/** As one machine counts. What is broken needs a way to it, which one machine finds: it says `broken`, and no more. */
export function countsOf(outcomes: readonly CellOutcome[], stuckIsBroken: boolean): SplitCounts {
  const sum = (of: (one: CellOutcome) => number): number => outcomes.reduce((all, one) => all + of(one), 0);
  const coarse = merged(outcomes.flatMap((one) => one.coarse));
  const stuck = sum((one) => one.stuck);
  const finals = sum((one) => one.finals);
  const isBroken = sum((one) => one.broken) > 0 || sum((one) => one.crashes) > 0 || (stuck > 0 && stuckIsBroken);
  const exhaustive = finals > 0 || stuck > 0;
  const isWhole = exhaustive && coarse.every(({ between }) => between.length === 0);
  return { verdict: isBroken ? 'broken' : isWhole ? 'safe' : 'bounded', exhaustive, states: sum((one) => one.states),
    transitions: sum((one) => one.transitions), depth: Math.max(...outcomes.map(({ depth }) => depth)), finals, coarse,
    cells: outcomes.length };
}

/** In an order in which each is behind those that lead into it. */
export function cellsOf(pieces: number): readonly CellAt[] {
  return Array.from({ length: pieces * pieces }, (_, at) => ({ i: Math.floor(at / pieces), j: at % pieces }));
}

/** Those that must be through before a cell is searched: all before it in both. */
export const isBefore = (one: CellAt, other: CellAt): boolean =>
  one.i <= other.i && one.j <= other.j && (one.i < other.i || one.j < other.j);

function merged(all: readonly CoarseStep[]): readonly CoarseStep[] {
  const found = new Map<string, CoarseStep>();
  for (const one of all) {
    const key = `${one.actor} ${one.step}`;
    const between = [...new Set([...found.get(key)?.between ?? [], ...one.between])].sort();
    found.set(key, { ...one, between });
  }
  return [...found.values()];
}
