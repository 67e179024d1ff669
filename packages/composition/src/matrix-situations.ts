/**
 * Where the situations of the matrix are: `.cow` files whose names begin with the number of their row, and a letter where
 * a row has several. They belong to a checkout; whoever has only the package says where theirs are.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scenario } from '@cowlab/scenario';
import { CompositionError, reasonOf } from './composition-error.ts';
import { readScenario } from './inputs.ts';

export interface Situation {
  /** `7`, or `22b`. */
  readonly id: string;
  readonly row: number;
  /** Name of its file. */
  readonly file: string;
  /** Its title without the row's number; its question, if it has none. */
  readonly text: string;
  readonly scenario: Scenario;
}

/** From src/ and from dist/ alike. */
const OURS = fileURLToPath(new URL('../../../examples/situations/', import.meta.url));

/**
 * Ascending by id. `folder` null: those of the checkout that this package is in.
 * @throws CompositionError or ScenarioError
 */
export function readSituations(folder: string | null, name = folder ?? 'situations'): Situation[] {
  const path = folder ?? OURS;
  const files = filesIn(path, name).filter((file) => file.endsWith('.cow'));
  if (files.length === 0) throw new CompositionError(name, 'the folder holds no situation (*.cow)', MEND);
  const situations = files.map((file) => situationOf(path, file));
  const twice = situations.find(({ id }, at) => situations.findIndex((other) => other.id === id) < at);
  if (twice !== undefined) throw new CompositionError(twice.file, `there are two files of row ${twice.id}`, `name one of them ${twice.id}b-...`);
  return situations.sort((a, b) => a.row - b.row || (a.id < b.id ? -1 : 1));
}

/**
 * Those that `rows` names: `7`, `1-6`, `22b`, joined by commas. A row's number stands for all of its files.
 * @throws CompositionError
 */
export function chooseSituations(situations: readonly Situation[], rows: string): readonly Situation[] {
  const wanted = rows.split(',').map((word) => {
    const [, first, last, letter = ''] = /^\s*(\d{1,4})(?:-(\d{1,4})|([a-z]))?\s*$/.exec(word) ?? [];
    const holds = ({ row, id }: Situation): boolean =>
      (letter !== '' ? id === `${Number(first)}${letter}` : row >= Number(first) && row <= Number(last ?? first));
    if (first !== undefined && situations.some(holds)) return holds;
    throw new CompositionError(`rows '${rows}'`, `'${word.trim()}' is no row`, `rows are ${situations[0].row} to ${situations[situations.length - 1].row}: write 7, 1-6 or 22b, joined by commas`);
  });
  return situations.filter((situation) => wanted.some((holds) => holds(situation)));
}

const MEND = 'give the folder of the situations: --situations DIR, in a checkout it is examples/situations';

function filesIn(path: string, name: string): string[] {
  try {
    return readdirSync(path);
  } catch (cause) {
    throw new CompositionError(name, `the situations cannot be read (${reasonOf(cause)})`, MEND, { cause });
  }
}

function situationOf(folder: string, file: string): Situation {
  const [, digits, letter] = /^(\d{1,4})([a-z]?)-/.exec(file) ?? [];
  if (digits === undefined) throw new CompositionError(file, 'the name of a situation begins with the number of its row', 'name it as in 07-what-happens.cow');
  const scenario = readScenario(join(folder, file), file);
  const text = (scenario.title ?? scenario.question).replace(/^Row \d+(?:, [^:]*)?: /, '');
  return { id: `${Number(digits)}${letter}`, row: Number(digits), file, text, scenario };
}
