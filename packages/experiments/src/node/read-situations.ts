/**
 * Where the situations of the matrix are: `.cow` files whose names begin with the number of their row, and a letter
 * where a row has several. Ours come along; whoever has others says where they are.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CompositionError, reasonOf } from '@cowlab/composition';
import type { Situation } from '../matrix/situations.ts';
import { examplePath, readScenario } from '@cowlab/composition/node';

/**
 * Ascending by id. `folder` null: those that come along.
 * @throws CompositionError or ScenarioError
 */
export function readSituations(folder: string | null, name = folder ?? 'situations'): Situation[] {
  const path = folder ?? examplePath('situations');
  const files = filesIn(path, name).filter((file) => file.endsWith('.cow'));
  if (files.length === 0) throw new CompositionError(name, 'the folder holds no situation (*.cow)', MEND);
  const situations = files.map((file) => situationOf(path, file));
  const twice = situations.find(({ id }, at) => situations.findIndex((other) => other.id === id) < at);
  if (twice !== undefined)
    throw new CompositionError(twice.file, `there are two files of row ${twice.id}`,
      `name one of them ${twice.id}b-...`);
  return situations.sort((a, b) => a.row - b.row || (a.id < b.id ? -1 : 1));
}

const MEND = 'give the folder of the situations: --situations DIR, ours are examples/situations';

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
