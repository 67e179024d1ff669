/** A `.cow` text with `${name}` where a parameter stands, on any line and in any word. */
import { didYouMean } from '@cowlab/prose';
import type { Point } from './parameters.ts';
import { SweepError } from './sweep-error.ts';

const HOLE = /\$\{([^}]*)\}/g;

/** @throws SweepError with line and column of a name that is no parameter */
export function fillTemplate(text: string, point: Point, from: string): string {
  return text.replace(HOLE, (_, name: string, offset: number) => {
    if (Object.hasOwn(point, name)) return String(point[name]);
    const before = text.slice(0, offset).split('\n');
    const known = Object.keys(point);
    throw new SweepError(`${from}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`,
      `\${${name}} is no parameter of the sweep`,
      known.length === 0 ? `give its values: --set ${name}=1,2,3` : didYouMean(name, known));
  });
}

/** The names in the order in which they first stand there. */
export function namesIn(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(HOLE), ([, name]) => name))];
}
