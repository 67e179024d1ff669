/** Two names, one file: an output that is also an input, or another output, would take its place. */
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../terminal/io.ts';
import type { Place } from './place.ts';

/** Through links of both kinds; of a file that is not there yet, its folder and name. */
export function isSameFile(a: string, b: string): boolean {
  return identityOf(a) === identityOf(b);
}

/** @throws UsageError */
export function keepApart(inputs: readonly Place[], outputs: readonly Place[]): void {
  const known = new Map<string, { readonly name: string; readonly what: string }>();
  for (const { path, name } of inputs) known.set(identityOf(path), { name, what: 'what is read' });
  for (const { path, name } of outputs) {
    const identity = identityOf(path);
    const other = known.get(identity);
    if (other !== undefined) {
      throw new UsageError(`${name} is the same file as ${other.name}, ${other.what}; give it a name of its own`);
    }
    known.set(identity, { name, what: 'what is written too' });
  }
}

/** As places are given on a command line. */
export function placesIn(cwd: string, names: readonly string[]): Place[] {
  return names.map((name) => ({ path: resolve(cwd, name), name }));
}

function identityOf(path: string): string {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(identityOf(folder), basename(path));
  }
}
