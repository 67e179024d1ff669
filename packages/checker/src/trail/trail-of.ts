/** A schedule, tidied, as a trail for people: each move with the words that it read and changed. */
import { Names } from '../machine/names.ts';
import type { Leaf } from '../machine/automaton.ts';
import { Buffers } from '../memory/buffers.ts';
import type { Memory, RaceMemory } from '../memory/memory.ts';
import { type Configuration, Moves } from '../search/moves.ts';
import { FLUSH } from '../search/space.ts';
import { criticalIn, tidy } from './tidy.ts';
import { formatSchedule, parseSchedule } from './schedule.ts';
import type { Trail, TrailStep, WordAccess } from './trail.ts';
import type { Question } from '../race/question.ts';
import type { BrokenSpec } from '../race/specs.ts';

export function trailOf(
  question: Question,
  lane: string,
  memory: Memory,
  schedule: readonly number[],
  broken: readonly BrokenSpec[],
): Trail {
  const { automaton } = question;
  const { schedule: order, critical } = tidy(automaton, memory, schedule, mattersIn(new Names(automaton)));
  return trailWith(question, lane, memory, stepsOf(question, memory, order, critical), broken,
    broken.map(({ what }) => what));
}

/**
 * A schedule as somebody wrote it, run.
 * @throws RangeError when an actor cannot go on where the schedule says so, ScheduleError when it cannot be read
 */
export function replaySchedule(question: Question, lane: string, memory: Memory, text: string): Trail {
  const { automaton } = question;
  const order = parseSchedule(text, automaton.actors.length).map(({ actor, kind }) =>
    actor + (kind === 'flush' ? FLUSH : 0)
  );
  const moves = new Moves(automaton, memory, new Buffers());
  const at = moves.initial();
  order.forEach((move, i) => {
    if (moves.enabled(at).includes(move)) moves.apply(at, move);
    else throw new RangeError(
        `move ${i + 1} of the schedule: ${automaton.actors[move % FLUSH].name} ${
          move >= FLUSH ? 'has no store waiting' : 'cannot go on'
        } there; the schedule belongs to another policy, memory model or file`,
      );
  });
  const broken = brokenAt(question, moves, at);
  const steps = stepsOf(question, memory, order, criticalIn(automaton, memory, order, mattersIn(new Names(automaton))));
  return trailWith(question, lane, memory, steps, broken, moves.isThrough(at) || broken.length > 0
    ? broken.map(({ what }) => what)
    : ['the schedule ends before everybody is through']);
}

/** Whatever was asked: a kernel that breaks down holds nothing. */
export const brokenDown = (
  what: string,
): readonly BrokenSpec[] => [{ spec: 'balance', what: `the kernel breaks down: ${what}` }];
export const DEADLOCK: readonly BrokenSpec[] = [{ spec: 'deadlock',
  what: 'nobody can go on, and not everybody is through' }];

/** At the end of a run; one that could go on is none. */
function brokenAt({ judge, race }: Question, moves: Moves, at: Configuration): readonly BrokenSpec[] {
  if (moves.isThrough(at)) return judge((v) => at.values[v] ?? 0);
  if (moves.enabled(at).length > 0) return [];
  const crash = moves.crashIn(at);
  return crash !== null ? brokenDown(crash) : race.specs.includes('deadlock') ? DEADLOCK : [];
}

export function trailWith(
  { automaton, race }: Question,
  lane: string,
  memory: RaceMemory,
  steps: readonly TrailStep[],
  broken: readonly BrokenSpec[],
  end: readonly string[],
): Trail {
  const schedule = formatSchedule(steps);
  return { scenario: race.name, title: race.title, lane, memory,
    actors: automaton.actors.map(({ name, what }) => ({ name, what })), steps, broken, end, schedule,
    command: `cowlab check ${race.name} --policies ${lane} --memory ${memory} --replay '${schedule}'` };
}

function stepsOf(
  { automaton }: Question,
  memory: Memory,
  order: readonly number[],
  critical: readonly boolean[],
): readonly TrailStep[] {
  const names = new Names(automaton);
  const moves = new Moves(automaton, memory, new Buffers());
  const at = moves.initial();
  const access = (v: number, number: number, old?: number): WordAccess => ({ word: names.word(v),
    value: names.value(v, number), ...(old !== undefined && { old: names.value(v, old) }) });
  return order.map((move, i) => {
    const actor = move % FLUSH;
    const place = automaton.places[actor][at.places[actor]];
    const { operations } = automaton.actors[actor];
    const op = operations[Math.min(place.op, operations.length - 1)].text;
    if (move >= FLUSH) {
      const [variable, value] = moves.stores.contents[at.buffers[actor]];
      const old = at.values[variable];
      moves.apply(at, move);
      return { actor, op, step: 'store reaches memory', kind: 'flush', reads: [],
        writes: [access(variable, value, old)], buffered: false, critical: critical[i] };
    }
    const leaf = moves.leafOf(at, actor) as Leaf;
    const reads = readsOf(leaf, automaton.variable.bind(automaton)).filter(([v]) =>
      isShared(automaton.variables[v].actors)
    ).map(([v]) => access(v, moves.seen(at, actor, v))).filter((read) => isTold(read.word) && !isTable(read));
    const before: Configuration = { places: at.places.slice(), buffers: at.buffers.slice(), values: at.values.slice() };
    moves.apply(at, move);
    const writes = pairs([...leaf.writes, ...leaf.buffered])
      .filter(([v, number]) => moves.seen(before, actor, v) !== number)
      .map(([v, number]) => access(v, number, moves.seen(before, actor, v))).filter((write) =>
        isTold(write.word) && !isTable(write)
      );
    return { actor, op, step: leaf.name, kind: 'step', reads, writes,
      buffered: memory === 'tso' && leaf.buffered.length > 0, critical: critical[i] };
  });
}

/** Words of the memory model. The rest (lists of VMAs, counters, upper page tables) only leads to them. */
export const isTold = (word: string): boolean => TOLD.test(word);
const TOLD =
  /^(child |mm \d+ )?(pte|pmd|has_pinned|write_protect_seq|mmap_lock|ptl|tlb_gen)|^(ref|mapcount|byte|pin|folio|swap)/;
const isLock = (word: string): boolean => word.endsWith('mmap_lock') || word.endsWith('ptl');
/** An upper entry that holds a table tells nothing. */
const isTable = ({ value }: WordAccess): boolean => value.startsWith('table ');

const mattersIn = (names: Names) => (v: number): boolean => isTold(names.word(v)) && !isLock(names.word(v));

const isShared = (actors: number): boolean => (actors & (actors - 1)) !== 0;

function readsOf({ reads }: Leaf, variable: (word: number) => number): readonly (readonly [number])[] {
  return reads.flatMap((word) => {
    const v = variable(word);
    return v < 0 ? [] : [[v] as const];
  });
}

function pairs(list: readonly number[]): readonly (readonly [number, number])[] {
  return Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], list[2 * i + 1]] as const);
}
