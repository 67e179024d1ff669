/** What a memory model says of a litmus test. */
import type { Memory } from '../memory/memory.ts';
import { type End, holds } from './condition.ts';
import { eachEndOf } from './ends.ts';
import { eachEnd } from './promise-first.ts';
import type { LitmusTest } from './program.ts';

export type LitmusMemory = Memory | 'armv8';
export const LITMUS_MEMORIES: readonly LitmusMemory[] = ['sc', 'tso', 'armv8'];

/** Whether an end as the question describes it can be reached. */
export type LitmusVerdict = 'Allowed' | 'Forbidden';

/** @throws RangeError where the test is too large, or of another architecture than the memory */
export function answer(test: LitmusTest, memory: LitmusMemory): LitmusVerdict {
  let found = false;
  if (test.condition.kind === 'unordered') {
    const ordered = new Set<string>();
    eachEndOf(test, 'sc', (end) => {
      ordered.add(textOf(test, end));
      return false;
    });
    each(test, memory, (end) => (found = !ordered.has(textOf(test, end))));
  } else each(test, memory, (end) => (found = holds(test.condition, end)));
  return found ? 'Allowed' : 'Forbidden';
}

function each(test: LitmusTest, memory: LitmusMemory, onEnd: (end: End) => boolean): void {
  if (memory === 'armv8') eachEnd(test, (_, __, end) => onEnd(end));
  else eachEndOf(test, memory, onEnd);
}

/** All that a question could ask about. */
function textOf({ words, threads }: LitmusTest, end: End): string {
  const registers = threads.flatMap(({ code }, thread) =>
    code.flatMap((instruction) =>
      instruction.op === 'load' || instruction.op === 'atomic' && instruction.to !== null
        ? [end.register(thread, instruction.to as string)]
        : []
    )
  );
  return [...words.map((_, word) => end.word(word)), ...registers].join();
}
