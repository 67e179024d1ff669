/**
 * What the judge of a model says once everybody is through. Which ends are broken was found out on the world by
 * storing to it and looking who sees that; the model has to know them by what they hold.
 */
import type { SectionName } from '../machine/words.ts';
import type { Question } from '../race/question.ts';
import type { Exhausted } from '../search/exhaust.ts';
import type { Memory } from '../memory/memory.ts';
import type { BrokenSpec } from '../race/specs.ts';
import { fill, type Words } from './promela-words.ts';

export interface Ends {
  /** Values (numbers) of all variables, and what does not hold there. */
  readonly ends: readonly { readonly values: readonly number[]; readonly broken: readonly BrokenSpec[] }[];
  /** Variables that tell known ends from others. */
  readonly all: readonly number[];
  /** Of these, enough to tell the broken ones from the rest. */
  readonly telling: readonly number[];
}

/** `isShared`: used by several actors. What only one knows is looked at where there is no other way. */
export function endsOf(
  question: Question,
  memory: Memory,
  { space, finals }: Exhausted,
  isShared: (v: number) => boolean,
): Ends {
  const { variables, actors, watched } = question.automaton;
  const base = memory === 'tso' ? 2 * actors.length : actors.length;
  const nrFields = space.sizes.length;
  const ends = finals.map((state) => {
    const values = variables.map((_, v) => (base + v < nrFields ? space.get(state, base + v) : 0));
    return { values, broken: question.judge((v) => values[v]) };
  });
  const varying = variables.map((_, v) => v).filter((v) => ends.some(({ values }) => values[v] !== ends[0].values[v]));
  const separates = (by: readonly number[]): boolean => {
    const verdicts = new Map<string, boolean>();
    return ends.every(({ values, broken }) => {
      const key = by.map((v) => values[v]).join();
      const known = verdicts.get(key);
      verdicts.set(key, broken.length > 0);
      return known === undefined || known === broken.length > 0;
    });
  };
  const all = varying.filter(isShared);
  for (const v of varying) if (!separates(all) && !all.includes(v)) all.push(v);
  let telling = all;
  const rank = (v: number): number => PLAIN_TO_SEE.indexOf(watched.section(variables[v].word).name);
  for (const v of [...all].sort((a, b) => rank(a) - rank(b))) {
    const fewer = telling.filter((other) => other !== v);
    if (separates(fewer)) telling = fewer;
  }
  return { ends, all, telling };
}

/** Of two words that tell the same, rather the later one. */
const PLAIN_TO_SEE: readonly SectionName[] = ['meta', 'stamp', 'extra', 'node'];

export function judgeOf({ ends, all, telling }: Ends, through: readonly string[], words: Words): readonly string[] {
  const broken = ends.filter((end) => end.broken.length > 0);
  const option = (conditions: readonly string[], says: string): string[] => [
    ...fill(through.map((term, i) => (i === through.length - 1 && conditions.length === 0 ? term : `${term} &&`)),
      '  :: d_step { ', '       '),
    ...conditions.map((line) => `       ${line}`),
    ...fill(`/* ${says.replaceAll('*/', '* /')} */`.split(' '), '       ', '          '),
    '       -> assert(false) }',
  ];
  const holds = (by: readonly number[], values: readonly number[]): string[] =>
    by.map((v) => `${words.id(v)} == ${words.value(v, values[v])}`);
  const lists = (of: Ends['ends'], by: readonly number[]): string[] => {
    const seen = [...new Map(of.map(({ values }) => [holds(by, values).join(), holds(by, values)] as const)).values()];
    return seen.flatMap((terms, i) =>
      fill(
        terms.map((
          term,
          at,
        ) => (at === terms.length - 1 ? `${term})${i === seen.length - 1 ? '' : ' ||'}` : `${term} &&`)),
        ' (',
        '  ',
      )
    );
  };
  const grouped = new Map<string, Ends['ends'][number][]>();
  for (const end of broken) {
    const says = [...new Set(end.broken.map(({ spec, what }) => `${spec}: ${what}`))].join('; ');
    grouped.set(says, [...(grouped.get(says) ?? []), end]);
  }
  return ['/* Everybody is through: does what is left break what was asked for? */', 'active proctype judge()', '{',
    'end:', '  do',
    ...[...grouped].flatMap(([says, of]) =>
      option(telling.length === 0 ? [] : ['(', ...lists(of, telling), ')'], says)
    ), ...(all.length === 0 || ends.length > KNOWN_ENDS_MAX
      ? []
      : option(['!(', ...lists(ends, all), ')'], 'an end that cowlab did not find')),
    ...(broken.length === 0 && (all.length === 0 || ends.length > KNOWN_ENDS_MAX) ? ['  :: false'] : []), '  od', '}'];
}

/** More would be no text that anyone reads. */
const KNOWN_ENDS_MAX = 64;
