/** Lists of names of litmus tests, one a line, each with what it is known to be where that is said. */
import type { LitmusVerdict } from './answer.ts';
import { LitmusError } from './read-litmus.ts';

export interface Named {
  readonly name: string;
  readonly known: LitmusVerdict | null;
}

/** @throws LitmusError */
export function parseNames(text: string, file: string): readonly Named[] {
  return text.split('\n').flatMap((line, at): readonly Named[] => {
    const [name, said = ''] = line.split('\t').map((cell) => cell.trim());
    if (name === '' || name.startsWith('#')) return [];
    if (/\s/.test(name))
      throw new LitmusError(file, at + 1, `a name has no blanks, and this is ${name}`, 'write one name a line');
    if (said !== '' && said !== 'Allowed' && said !== 'Forbidden')
      throw new LitmusError(file, at + 1, `${name} is said to be ${said}`, 'write Allowed or Forbidden after a tab');
    return [{ name, known: said === '' ? null : said }];
  });
}
