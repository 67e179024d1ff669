/**
 * Where the situations of the matrix are: `.cow` files whose names begin with the number of their row, and a letter
 * where a row has several. They belong to a checkout; whoever has only the package says where theirs are.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompositionError, reasonOf } from '@cowlab/composition';
import type { Situation } from '../matrix/situations.ts';
import { readScenario } from '@cowlab/composition/node';

/** From src/ and from dist/ alike. */
const OURS = fileURLToPath(new URL('../../../../examples/situations/', import.meta.url));

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
  if (twice !== undefined)
    throw new CompositionError(twice.file, `there are two files of row ${twice.id}`,
      `name one of them ${twice.id}b-...`);
  return situations.sort((a, b) => a.row - b.row || (a.id < b.id ? -1 : 1));
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
  if (digits === undefined)
    throw new CompositionError(file, 'the name of a situation begins with the number of its row',
      'name it as in 07-what-happens.cow');
  const scenario = readScenario(join(folder, file), file);
  const text = (scenario.title ?? scenario.question).replace(/^Row \d+(?:, [^:]*)?: /, '');
  return { id: `${Number(digits)}${letter}`, row: Number(digits), file, text, scenario };
}
