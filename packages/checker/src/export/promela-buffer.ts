/**
 * Store buffers of x86-TSO in a Promela model: per actor the stores that wait, oldest first, and a process that lets
 * them out.
 */
import type { Automaton } from '../machine/automaton.ts';
import type { Exhausted } from '../search/exhaust.ts';
import type { Words } from './promela-words.ts';

export interface StoreBuffer {
  readonly name: string;
  /** Most stores that ever wait at the same time. */
  readonly length: number;
  readonly variables: readonly number[];
}

/** What actor `a` ever has waiting; null: nothing. */
export function bufferOf(
  automaton: Automaton,
  { space, stores }: Exhausted,
  a: number,
  name: string,
): StoreBuffer | null {
  const field = automaton.actors.length + a;
  const seen = new Set<number>();
  for (let state = 0; state < space.count; state++) seen.add(space.get(state, field));
  const contents = [...seen].map((buffer) => stores.contents[buffer]);
  const length = Math.max(...contents.map((of) => of.length / 2));
  if (length === 0) return null;
  const variables = [...new Set(contents.flatMap((of) => of.filter((_, at) => at % 2 === 0)))].sort((x, y) => x - y);
  return { name, length, variables };
}

export const wordId = (v: number, words: Words): string => `w_${words.id(v)}`;

export function declarationsOf({ name, length }: StoreBuffer): readonly string[] {
  const slots = Array.from({ length }, (_, slot) => slot);
  const youngest = slots.reduce((older, slot) => `(${name}_word[${slot}] == w -> ${name}_value[${slot}] : ${older})`,
    'x');
  return [
    `/* Stores of ${name} that are not in memory yet: which word (0: none), what value. */`,
    `byte ${name}_stores, ${name}_word[${length}], ${name}_value[${length}];`,
    `/* What ${name} sees in word w, which holds x in memory: its own youngest store. */`,
    `#define ${name}_sees(w, x) ${youngest}`,
    `#define ${name}_holds(w) (${slots.map((slot) => `${name}_word[${slot}] == w`).join(' || ')})`,
  ];
}

export function flusherOf({ name, length, variables }: StoreBuffer, words: Words): readonly string[] {
  const shift = Array.from({ length }, (_, slot) => (slot + 1 < length
    ? `${name}_word[${slot}] = ${name}_word[${slot + 1}]; ${name}_value[${slot}] = ${name}_value[${slot + 1}];`
    : `${name}_word[${slot}] = 0; ${name}_value[${slot}] = 0;`));
  return [`/* The oldest store of ${name} reaches memory. */`, `active proctype ${name}_store_buffer()`, '{', 'end:',
    '  do', `  :: d_step { ${name}_stores > 0 ->`, '       if',
    ...variables.map((v) => `       :: ${name}_word[0] == ${wordId(v, words)} -> ${words.id(v)} = ${name}_value[0]`),
    '       fi;', ...shift.map((line) => `       ${line}`), `       ${name}_stores--`, '     }', '  od', '}'];
}
