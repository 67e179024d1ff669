/** Situations of the matrix, and those of them that somebody asks for by the numbers of their rows. */
import type { Scenario } from '@cowlab/scenario';
import { CompositionError } from '@cowlab/composition';

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

/**
 * Those that `rows` names: `7`, `1-6`, `22b`, joined by commas. A row's number stands for all of its files.
 * @throws CompositionError
 */
export function chooseSituations(situations: readonly Situation[], rows: string): readonly Situation[] {
  const wanted = rows.split(',').map((word) => {
    const [, first, last, letter = ''] = /^\s*(\d{1,4})(?:-(\d{1,4})|([a-z]))?\s*$/.exec(word) ?? [];
    const holds = (
      { row, id }: Situation,
    ): boolean => (letter !== ''
      ? id === `${Number(first)}${letter}`
      : row >= Number(first) && row <= Number(last ?? first));
    if (first !== undefined && situations.some(holds)) return holds;
    throw new CompositionError(`rows '${rows}'`, `'${word.trim()}' is no row`,
      `rows are ${situations[0].row} to ${
        situations[situations.length - 1].row
      }: write 7, 1-6 or 22b, joined by commas`);
  });
  return situations.filter((situation) => wanted.some((holds) => holds(situation)));
}
