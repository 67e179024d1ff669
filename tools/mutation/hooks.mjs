// Node module hooks: specs come from a cache of transpiled sources, everything that they test from `dist`, and one
// module of `dist` is another: the mutant.
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

let given;

/** `sources`: url of a `.ts` → file with its JavaScript; `built`: url of a `.ts` → url in `dist`; `replaced`: url → file. */
export function initialize(data) {
  given = data;
}

export async function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: given.words, shortCircuit: true };
  if (specifier.endsWith('.ts') && specifier.startsWith('.')) {
    const url = new URL(specifier, context.parentURL).href;
    const built = given.built[url];
    if (built !== undefined) return { url: built, shortCircuit: true };
    if (given.sources[url] !== undefined) return { url, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  const file = given.replaced[url] ?? given.sources[url];
  if (file === undefined) return next(url, context);
  return { format: 'module', source: readFileSync(file, 'utf8'), shortCircuit: true };
}

export const urlOf = (path) => pathToFileURL(path).href;
export const pathOf = (url) => fileURLToPath(url);
