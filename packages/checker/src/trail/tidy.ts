/**
 * The same run with as few changes of actor as a greedy order gives: moves that touch different words may change
 * places, so each actor goes on as long as nothing that somebody else did before it in the run is missing.
 */
import type { Automaton, Leaf } from '../machine/automaton.ts';
import { Buffers } from '../memory/buffers.ts';
import type { Memory } from '../memory/memory.ts';
import { Moves } from '../search/moves.ts';
import { FLUSH } from '../search/space.ts';

/**
 * As if it were a variable: what waits for other CPUs to empty their buffers depends on all that fills and empties
 * them.
 */
const ANY_BUFFER = -1;

interface Touch {
  readonly actor: number;
  readonly reads: ReadonlySet<number>;
  readonly writes: ReadonlySet<number>;
}

export interface Tidied {
  readonly schedule: readonly number[];
  /** Moves whose order against a move of another actor matters. */
  readonly critical: readonly boolean[];
}

/** `matters`: variables whose order people ask about; locks are not among them, they only keep others waiting. */
export function tidy(
  automaton: Automaton,
  memory: Memory,
  schedule: readonly number[],
  matters: (variable: number) => boolean,
): Tidied {
  const touches = touchesOf(automaton, memory, schedule);
  const before = touches.map((later, i) =>
    touches.slice(0, i).flatMap((
      earlier,
      at,
    ) => (earlier.actor === later.actor || conflict(earlier, later) ? [at] : []))
  );
  const done = new Set<number>();
  const order: number[] = [];
  const ready = (i: number): boolean => !done.has(i) && before[i].every((at) => done.has(at));
  let actor = -1;
  while (order.length < touches.length) {
    let next = touches.findIndex((touch, i) => touch.actor === actor && ready(i));
    if (next < 0) {
      // Whoever can go on longest.
      const candidates = touches.map((_, i) => i).filter(ready);
      next = candidates.reduce((
        best,
        i,
      ) => (runFrom(i, touches, before, done) > runFrom(best, touches, before, done) ? i : best));
      actor = touches[next].actor;
    }
    done.add(next);
    order.push(next);
  }
  const critical = criticalOf(touches, matters);
  return { schedule: order.map((i) => schedule[i]), critical: order.map((i) => critical[i]) };
}

/** Of a schedule that is left as it is. */
export function criticalIn(
  automaton: Automaton,
  memory: Memory,
  schedule: readonly number[],
  matters: (variable: number) => boolean,
): readonly boolean[] {
  return criticalOf(touchesOf(automaton, memory, schedule), matters);
}

function criticalOf(touches: readonly Touch[], matters: (variable: number) => boolean): readonly boolean[] {
  const told = touches.map(({ reads, writes, ...touch }) => ({ ...touch, reads: only(reads, matters),
    writes: only(writes, matters) })
  );
  return told.map((touch) => told.some((other) => other.actor !== touch.actor && conflict(other, touch)));
}

function runFrom(
  start: number,
  touches: readonly Touch[],
  before: readonly (readonly number[])[],
  done: ReadonlySet<number>,
): number {
  const also = new Set(done);
  let nr = 0;
  for (let i = start; i < touches.length; i++) {
    if (touches[i].actor !== touches[start].actor || also.has(i)) continue;
    if (!before[i].every((at) => also.has(at))) break;
    also.add(i);
    nr++;
  }
  return nr;
}

const only = (variables: ReadonlySet<number>, keep: (variable: number) => boolean): ReadonlySet<number> =>
  new Set([...variables].filter((v) => v !== ANY_BUFFER && keep(v)));

const conflict = (a: Touch, b: Touch): boolean =>
  meet(a.writes, b.writes) || meet(a.writes, b.reads) || meet(a.reads, b.writes);

function meet(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  for (const v of a) if (b.has(v)) return true;
  return false;
}

function touchesOf(automaton: Automaton, memory: Memory, schedule: readonly number[]): readonly Touch[] {
  const moves = new Moves(automaton, memory, new Buffers());
  const at = moves.initial();
  return schedule.map((move) => {
    const actor = move % FLUSH;
    if (move >= FLUSH) {
      const [variable] = moves.stores.contents[at.buffers[actor]];
      moves.apply(at, move);
      return { actor, reads: new Set([ANY_BUFFER]), writes: new Set([variable]) };
    }
    const leaf = moves.leafOf(at, actor) as Leaf;
    moves.apply(at, move);
    const writes = memory === 'sc' ? [...leaf.writes, ...leaf.buffered] : leaf.writes;
    return {
      actor,
      reads: new Set([...leaf.reads.map((word) => automaton.variable(word)).filter((v) => v >= 0),
        ...(leaf.buffered.length > 0 ? [ANY_BUFFER] : [])]),
      writes: new Set([...writes.filter((_, i) => i % 2 === 0), ...(leaf.acknowledged ? [ANY_BUFFER] : [])]),
    };
  });
}
