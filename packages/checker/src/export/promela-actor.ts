/** An actor as a Promela process: a label for each place, an option for each thing that its step can come to there. */
import type { Automaton, Leaf } from '../machine/automaton.ts';
import { entryText } from '../machine/word-values.ts';
import { type StoreBuffer, wordId } from './promela-buffer.ts';
import { fill, type Words } from './promela-words.ts';

export interface Process {
  readonly actor: number;
  readonly name: string;
  /** Places that the search came to. */
  readonly reached: ReadonlySet<number>;
  readonly buffer: StoreBuffer | null;
  /** Other actors with buffers whose CPUs run in the same memory. */
  readonly neighbours: readonly string[];
}

/** Of the steps that happen under this memory model, per place. */
export function leavesOf(
  automaton: Automaton,
  actor: number,
  reached: ReadonlySet<number>,
): ReadonlyMap<number, readonly Leaf[]> {
  const at = new Map<number, Leaf[]>();
  for (const leaf of automaton.leaves) {
    if (leaf.actor !== actor || !reached.has(leaf.from) || (leaf.to >= 0 && !reached.has(leaf.to))) continue;
    at.set(leaf.from, [...(at.get(leaf.from) ?? []), leaf]);
  }
  return at;
}

export function processOf(automaton: Automaton, process: Process, words: Words): readonly string[] {
  const { actor, name, reached } = process;
  const { operations, what } = automaton.actors[actor];
  const leaves = leavesOf(automaton, actor, reached);
  const before = waysTo(leaves);
  const order = [...before.keys()];
  const labels = new Map(order.map((place, i) => [place, automaton.ends[actor][place] ? `end_${i}` : `p${i}`]));
  const own = automaton.variables.map((_, v) => v).filter((v) => words.owners[v] === actor && !words.isConstant(v));
  let op = -1;
  return [
    `/* ${what} */`,
    `active proctype ${name}()`,
    '{',
    ...own.flatMap((v) => words.declaration(v, '  ')),
    ...(own.length > 0 ? [''] : []),
    ...order.flatMap((place) => {
      const lines: string[] = [];
      const here = automaton.places[actor][place];
      if (here.op !== op && here.op < operations.length) {
        lines.push(`  /* ${operations[here.op].text} */`);
        ({ op } = here);
      }
      const from = before.get(place);
      const known = from === undefined ? '' : registersOf(automaton.places[actor][from].frame, here.frame);
      return [...lines,
        ...placeLines(automaton, process, leaves.get(place) ?? [], labels, words, labels.get(place) as string, known)];
    }),
    '}',
  ];
}

/** Each place and the one before it; along each way as far as it goes, so that the text reads as the path runs. */
function waysTo(leaves: ReadonlyMap<number, readonly Leaf[]>): ReadonlyMap<number, number | undefined> {
  const before = new Map<number, number | undefined>();
  const open: [place: number, from: number | undefined][] = [[0, undefined]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [place, from] = next;
    if (before.has(place)) continue;
    before.set(place, from);
    for (const { to } of [...(leaves.get(place) ?? [])].reverse()) if (to >= 0) open.push([to, place]);
  }
  return before;
}

/** What the actor has learnt by its last step: without it, places that only differ in it would look alike. */
function registersOf(before: object | null, here: object | null): string {
  if (before === null || here === null) return '';
  const old = new Map<string, unknown>(Object.entries(before));
  const changed = Object.entries(here).filter(([name, value]) =>
    name !== 'pc' && JSON.stringify(value) !== JSON.stringify(old.get(name))
  );
  return changed.map(([name, value]) =>
    `${name} ${
      (name === 'pte' || name === 'entry') && typeof value === 'number' ? entryText(value) : JSON.stringify(value)
    }`
  ).join(', ');
}

function placeLines(
  automaton: Automaton,
  process: Process,
  leaves: readonly Leaf[],
  labels: ReadonlyMap<number, string>,
  words: Words,
  label: string,
  known: string,
): readonly string[] {
  const steps = leaves.filter(({ to }) => to >= 0);
  const head = `${label}:`.padEnd(8);
  if (steps.length === 0) return [`${head}false;`];
  const options = new Map<string, Leaf[]>();
  for (const leaf of steps) {
    const effect = [leaf.to, leaf.drains, leaf.acknowledged, leaf.writes.join(), leaf.buffered.join()].join(';');
    options.set(effect, [...(options.get(effect) ?? []), leaf]);
  }
  const needed = neededAt(automaton, leaves, words);
  return [
    ...fill(
      `/* ${[...new Set(steps.map(({ name }) => name))].join(' / ')}${known === '' ? '' : ` [now ${known}]`} */`.split(
        ' ',
      ),
      head,
      '           ',
    ),
    '        if',
    ...[...options.values()].flatMap((same) => optionLines(automaton, process, same, needed, labels, words)),
    '        fi;',
  ];
}

/**
 * Words that the options have to ask for. One that nobody else uses, and that holds the same whenever the actor comes
 * here, is left out; a shared one stays even then: should it ever hold something else, SPIN finds a state where nobody
 * can go on.
 */
function neededAt(automaton: Automaton, leaves: readonly Leaf[], words: Words): (v: number) => boolean {
  const held = new Map<number, Set<number>>();
  for (const { reads, values } of leaves) {
    reads.forEach((word, i) => {
      const v = automaton.variable(word);
      if (v >= 0) held.set(v, (held.get(v) ?? new Set()).add(values[i]));
    });
  }
  return (v) => v >= 0 && !words.isConstant(v) && (words.owners[v] < 0 || (held.get(v)?.size ?? 0) > 1);
}

function optionLines(
  automaton: Automaton,
  { name, actor, buffer, neighbours }: Process,
  same: readonly Leaf[],
  needed: (v: number) => boolean,
  labels: ReadonlyMap<number, string>,
  words: Words,
): readonly string[] {
  const [{ to, drains, acknowledged, writes, buffered }] = same;
  const isEmpty = drains && buffer !== null;
  // Stores to one word reach memory in their order.
  const behind = buffer === null || isEmpty
    ? []
    : pairs(writes).filter(([v]) => buffer.variables.includes(v)).map(([v]) => `!${name}_holds(${wordId(v, words)})`);
  // A flush of TLBs: the interrupt is answered when the other CPU's stores are made.
  const answers = acknowledged ? neighbours.map((other) => `${other}_stores == 0`) : [];
  const guard = [...(isEmpty ? [`${name}_stores == 0`] : behind), ...answers,
    ...guardOf(automaton, same, needed, isEmpty ? null : buffer, words)];
  const stores = buffer === null ? [...writes, ...buffered] : writes;
  const effects = pairs(stores).filter(([v]) => !words.isConstant(v)).map(([v, number]) =>
    `${words.id(v)} = ${words.value(v, number)}`
  );
  if (buffer !== null) {
    for (const [v, number] of pairs(buffered)) {
      effects.push(
        `${name}_word[${name}_stores] = ${wordId(v, words)}`,
        `${name}_value[${name}_stores] = ${words.value(v, number)}`,
        `${name}_stores++`,
      );
    }
  }
  if (automaton.ends[actor][to]) effects.push(`${name}_through = true`);
  const go = `goto ${labels.get(to) as string}`;
  if (effects.length === 0)
    return fill([...atoms(guard.length === 0 ? 'true' : guard.join(' && ')), `-> ${go}`], '        :: ', '           ');
  const steps = effects.map((effect, i) => (i === effects.length - 1 ? effect : `${effect};`));
  const asked = guard.length === 0 ? [] : atoms(`${guard.join(' && ')} ->`);
  return fill([...asked, ...steps, '}', `-> ${go}`], '        :: d_step { ', '           ');
}

/** Where a line may end: behind an operator. */
const atoms = (condition: string): readonly string[] => condition.split(/(?<=&&|\|\|) /);

/** What all of `same` read alike, and then what they read in turn. */
function guardOf(
  automaton: Automaton,
  same: readonly Leaf[],
  needed: (v: number) => boolean,
  buffer: StoreBuffer | null,
  words: Words,
): readonly string[] {
  const asked = same.map(({ reads, values }) =>
    reads.flatMap((word, i) => {
      const v = automaton.variable(word);
      if (!needed(v)) return [];
      const seen = buffer !== null && buffer.variables.includes(v)
        ? `${buffer.name}_sees(${wordId(v, words)}, ${words.id(v)})`
        : words.id(v);
      return [`${seen} == ${words.value(v, automaton.variables[v].numbers.get(values[i]) ?? 0)}`];
    })
  );
  const common = asked[0].filter((term) => asked.every((terms) => terms.includes(term)));
  const rest = asked.map((terms) => terms.filter((term) => !common.includes(term)));
  if (rest.some((terms) => terms.length === 0)) return common;
  const either = [...new Set(rest.map((terms) => (terms.length === 1 ? terms[0] : `(${terms.join(' && ')})`)))];
  return [...common, either.length === 1 ? either[0] : `(${either.join(' || ')})`];
}

function pairs(list: readonly number[]): readonly (readonly [variable: number, number: number])[] {
  return Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], list[2 * i + 1]] as const);
}
