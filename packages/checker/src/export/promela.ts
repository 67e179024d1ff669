/**
 * A race as a Promela model, for an opinion that is not ours: the transition system that the search walked, written
 * out. Each actor is a process whose places are labels, so that it stands nowhere but in SPIN's own program counter;
 * each atomic step is one `d_step`, guarded by what it reads. SPIN then finds the same states, edges, ends and
 * shortest trails, or one of us is wrong.
 */
import type { Policy } from '@cowlab/core';
import { Names } from '../machine/names.ts';
import { ask, type Question } from '../race/question.ts';
import type { Race } from '../race/race.ts';
import type { Automaton } from '../machine/automaton.ts';
import { exhaust, type Exhausted, type Progress } from '../search/exhaust.ts';
import type { Memory } from '../memory/memory.ts';
import { leavesOf, processOf, type Process } from './promela-actor.ts';
import { bufferOf, declarationsOf, flusherOf, wordId } from './promela-buffer.ts';
import { endsOf, judgeOf } from './promela-judge.ts';
import { fill, Identifiers, Words } from './promela-words.ts';

/**
 * The model of `race` under `policy`: it is searched first, whole.
 * @throws RangeError when the race cannot be set up under this policy, or has more states than `maxStates`
 */
export function promelaOf(
  race: Race,
  policy: Policy,
  memory: Memory,
  { maxStates = 20_000_000, onProgress }: { readonly maxStates?: number;
    readonly onProgress?: (progress: Progress) => void } = {},
): string {
  const question = ask(race, policy);
  const result = exhaust(question.automaton, { memory, order: 'bfs', limits: { maxStates, maxDepth: Infinity },
    ...(onProgress !== undefined && { onProgress }) });
  return promela(question, memory, result);
}

/**
 * `result`: of a search of `question` under `memory` that visited everything, without reductions: what was not visited
 * was not learnt.
 * @throws RangeError when it was cut short
 */
export function promela(question: Question, memory: Memory, result: Exhausted): string {
  const { race, automaton } = question;
  if (!result.complete)
    throw new RangeError(
      `${race.name}: its search was cut short, and a model of a part would prove nothing; search it whole, without reductions`,
    );
  const identifiers = new Identifiers();
  const names = automaton.actors.map(({ name }) => identifiers.take(name));
  const storeBuffers = names.map((own, actor) => (memory === 'tso' ? bufferOf(automaton, result, actor, own) : null));
  const processes = names.map((name, actor): Process => ({ actor, name, reached: reachedBy(actor, result),
    buffer: storeBuffers[actor],
    neighbours: automaton.neighbours(actor).filter((other) => storeBuffers[other] !== null).map((other) =>
      names[other]
    ) })
  );
  const users = usersOf(automaton, processes);
  const ends = endsOf(question, memory, result, (v) => users[v] < 0);
  const isLookedAt = new Set([...ends.all, ...processes.flatMap(({ buffer }) => buffer?.variables ?? [])]);
  const words = new Words(automaton, new Names(automaton), identifiers,
    users.map((user, v) => (isLookedAt.has(v) ? -1 : user)));
  const shared = automaton.variables.map((_, v) => v).filter((v) => words.owners[v] < 0 && !words.isConstant(v));
  const buffers = processes.flatMap(({ buffer }) => buffer ?? []);
  const buffered = [...new Set(buffers.flatMap(({ variables }) => variables))].sort((a, b) => a - b);
  const through = [...processes.map(({ name }) => `${name}_through`),
    ...buffers.map(({ name }) => `${name}_stores == 0`)];
  return [...heading(question, memory, result, ends.ends.filter(({ broken }) => broken.length > 0).length, processes),
    '', '/* What words hold. */', ...words.definitions(), '',
    '/* Words that several look at. What only one looks at is declared with it. */',
    ...shared.flatMap((v) => words.declaration(v)),
    `bit ${
      processes.map(({ actor, name }) => `${name}_through${automaton.ends[actor][0] ? ' = true' : ''}`).join(', ')
    };`, ...(buffered.length === 0 ? [] : ['', ...buffered.map((v, i) => `#define ${wordId(v, words)} ${i + 1}`)]),
    ...buffers.flatMap((buffer) => ['', ...declarationsOf(buffer)]),
    ...processes.flatMap((process) => ['', ...processOf(automaton, process, words)]),
    ...buffers.flatMap((buffer) => ['', ...flusherOf(buffer, words)]), '', ...judgeOf(ends, through, words), ''].join(
      '\n',
    );
}

function heading(
  { race, policy, automaton }: Question,
  memory: Memory,
  { space, transitions, depth, finals, stuck }: Exhausted,
  nrBroken: number,
  processes: readonly Process[],
): readonly string[] {
  const paragraphs = [
    `${race.name}: ${race.title}`,
    race.question,
    `Policy ${policy.ids.join(', ')}; ${
      memory === 'sc' ? 'sequentially consistent memory' : 'x86-TSO: a store buffer per CPU'
    }.`,
    ...processes.map(({ actor, name }) =>
      `${name}: ${automaton.actors[actor].operations.map(({ text }) => text).join('; ')}`
    ),
    `Written by cowlab from the steps that its own search of all orders saw. That search counted ${space.count} `
    + `states, ${transitions} transitions, `
    + `${depth} steps to the furthest state, ${finals.length} ends, ${nrBroken} of them broken, and `
    + `${stuck.length} states in which somebody waits for ever.`,
    'SPIN counts the same states when what it reduces by itself is switched off:',
  ].filter((text) => text !== '');
  return ['/*', ...paragraphs.flatMap((text) => fill(text.replaceAll('*/', '* /').split(' '), ' * ', ' * ')), ' *',
    ' *   spin -o1 -o2 -o3 -a MODEL', ' *   cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -m1000000 -c0', ' *',
    " * With -DBFS the first error is the nearest one, at the depth of cowlab's trail.", ' */'];
}

function reachedBy(actor: number, { space }: Exhausted): ReadonlySet<number> {
  const reached = new Set<number>();
  for (let state = 0; state < space.count; state++) reached.add(space.get(state, actor));
  return reached;
}

/** The one actor that reads or writes a variable, or -1. */
function usersOf(automaton: Automaton, processes: readonly Process[]): readonly number[] {
  const users = automaton.variables.map(() => new Set<number>());
  for (const { actor, reached } of processes) {
    for (const leaves of leavesOf(automaton, actor, reached).values()) {
      for (const { reads, writes, buffered } of leaves) {
        for (const word of reads) users[automaton.variable(word)]?.add(actor);
        for (const list of [writes, buffered])
          list.forEach((v, at) => {
            if (at % 2 === 0) users[v].add(actor);
          });
      }
    }
  }
  return users.map((of) => (of.size === 1 ? [...of][0] : -1));
}
