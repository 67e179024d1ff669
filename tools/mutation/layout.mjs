// What a child loads in place of what: specs and whatever has no build as JavaScript in a cache, everything else from
// `dist`, which is what the repository's own build made of the same sources.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { root } from '../workspace.mjs';

export const cache = join(root, 'node_modules/.cache/cowlab/mutation');
const urlOf = (path) => pathToFileURL(path).href;

const EMITS = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };

/** As the build has it, or for files that are loaded by their source's name with imports as they stand. */
export function javascriptOf(text, name, { asBuilt }) {
  return ts.transpileModule(text, { fileName: name,
    compilerOptions: { ...EMITS, rewriteRelativeImportExtensions: asBuilt } }).outputText;
}

export const hashOf = (...texts) =>
  texts.reduce((hash, text) => hash.update(text).update('\0'), createHash('sha256')).digest('hex').slice(0, 24);

/** Writes a text once, under a name of its own content. */
export function kept(text) {
  mkdirSync(cache, { recursive: true });
  const file = join(cache, `${hashOf(text)}.mjs`);
  if (!existsSync(file)) writeFileSync(file, text);
  return file;
}

export function sourcesUnder(folder) {
  const found = [];
  const visit = (dir) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name === 'fixtures') continue;
      const path = join(dir, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) found.push(path);
    }
  };
  visit(join(root, folder));
  return found.sort();
}

/** `packages/core/src/fork/fork.ts` → where its build is. */
export const builtOf = (source) => source.replace('/src/', '/dist/').replace(/\.ts$/, '.js');

/** Writes the layout that children read; returns its file and all specs. */
export function layOut() {
  const sources = {};
  const built = {};
  const specs = [];
  for (const path of ['packages', 'plugins', 'examples'].flatMap(sourcesUnder)) {
    const isSpec = path.endsWith('.spec.ts');
    if (isSpec) specs.push(path);
    if (!isSpec && existsSync(builtOf(path)) && builtOf(path) !== path) built[urlOf(path)] = urlOf(builtOf(path));
    else sources[urlOf(path)] = transpiled(path);
  }
  const file = join(cache, 'layout.json');
  writeFileSync(file, JSON.stringify({ sources, built }));
  return { file, specs };
}

function transpiled(path) {
  const text = readFileSync(path, 'utf8');
  const file = join(cache, `${hashOf(relative(root, path), text)}.source.mjs`);
  mkdirSync(cache, { recursive: true });
  if (!existsSync(file)) writeFileSync(file, javascriptOf(text, path, { asBuilt: false }));
  return file;
}
