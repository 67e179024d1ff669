/** Where races are: `.race` files of whoever asks, and those of the gallery, which come along. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseRace, type Race } from '@cowlab/checker';
import { didYouMean } from '@cowlab/prose';
import { CompositionError } from '@cowlab/composition';
import { examplePath, inputPath, lookAt, readText, STDIN } from '@cowlab/composition/node';

const GALLERY = examplePath('races');
const ENDING = '.race';

/** Names of the gallery's races, in their order; none where they were left behind. */
export function galleryNames(): readonly string[] {
  return lookAt(GALLERY) === 'folder'
    ? readdirSync(GALLERY).filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length)).sort()
    : [];
}

/**
 * The race in a file, or of the gallery by its name.
 * @throws CompositionError or ScenarioError
 */
export function readRace(argument: string, cwd: string): Race {
  const path = inputPath(argument, cwd);
  if (path === STDIN || lookAt(path) === 'file') return parseRace(readText(path, argument), argument);
  const names = galleryNames();
  if (names.includes(argument))
    return { ...parseRace(readText(join(GALLERY, argument + ENDING), argument), argument + ENDING), name: argument };
  const about = names.filter((name) =>
    readText(join(GALLERY, name + ENDING)).toLowerCase().includes(argument.toLowerCase())
  );
  const mend = names.length === 0
    ? 'give a .race file'
    : about.length > 0
    ? `of the gallery, these speak of it: ${about.join(', ')}`
    : `${
      didYouMean(argument, names).replace(/^known: .*$/s, 'cowlab check --list names those of the gallery')
    }; a file ends in ${ENDING}`;
  throw new CompositionError(argument, 'there is no such race', mend);
}
