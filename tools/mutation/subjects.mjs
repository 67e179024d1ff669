// What is mutated, told apart by what it is about, and which specs are asked.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../workspace.mjs';
import { sourcesUnder } from './layout.mjs';

export const GROUPS = {
  core: ['packages/core/src'],
  plugins: readdirSync(join(root, 'plugins')).sort().map((name) => `plugins/${name}/src`),
  scenario: ['packages/scenario/src'],
  checker: ['packages/checker/src/machine', 'packages/checker/src/memory', 'packages/checker/src/search'],
};

/** Only what drives: what parses, formats and complains is text. */
const LEFT_OUT =
  /\/index\.ts$|scenario\/src\/(parse|format|builder|scenario-error|expectation|xfail)\.ts$|\/runs-wasm\.ts$|errno\.ts$/;

export function filesOf(groups, holds = '') {
  const patterns = holds.split(',').map((text) =>
    new RegExp(text.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*'))
  );
  return groups.flatMap((group) => GROUPS[group]).flatMap(sourcesUnder).filter((path) => {
    const name = relative(root, path);
    const plugin = name.startsWith('plugins/');
    return !name.endsWith('.spec.ts') && (plugin || !LEFT_OUT.test(name))
      && patterns.some((pattern) => pattern.test(name));
  });
}

/** First that fits. */
const SUBJECTS = [
  ['VMAs: merging, splitting', /core\/src\/vma\//],
  ['mremap', /core\/src\/mm\/mremap/],
  ['reclaim, MADV_FREE, folio split', /core\/src\/reclaim\/(?!background|evolve-background)/],
  ['KSM, migration, collapse', /core\/src\/reclaim\//],
  ['hugetlb', /core\/src\/.*(hugetlb|fork-huge)/],
  ['GUP and pins', /core\/src\/pin\//],
  ['faults', /core\/src\/fault\//],
  ['fork', /core\/src\/fork\//],
  ['mmap, mprotect, madvise', /core\/src\/mm\//],
  ['pages, frames, allocation', /core\/src\/page\//],
  ['tables of the world', /core\/src\/tables\//],
  ['policies: stacks, views', /core\/src\/policy\//],
  ['core, the rest', /core\/src\//],
  ['plugins', /^plugins\//],
  ['driver and words of .cow', /^packages\/scenario\//],
  ['checker: machine', /checker\/src\/machine/],
  ['checker: memory', /checker\/src\/memory/],
  ['checker: search', /checker\/src\/search/],
];

export const subjectOf = (file) => SUBJECTS.find(([, fits]) => fits.test(file))?.[0] ?? 'the rest';

/**
 * Who is asked. Of all specs those that look at memory, by what they look at; none that start processes, ask the kernel
 * of this machine or are about text, files and the terminal: they would take most of the time and kill next to nobody.
 */
const ASKED = {
  core:
    /^packages\/core\/|scenario\/src\/situations|testing\/src\/(laws|lab)|conformance\/src\/(golden|calls)|compare\/compare.spec|runtime\/src\/(lab|closed-world|log\/replay)|checker\/src\/(check|laws)|examples\/(situations|seed-series\/src\/(has|def))/,
  plugins:
    /^plugins\/|conformance\/src\/golden|experiments\/src\/(matrix|compare)|examples\/(situations|seed-series|findings)|composition\/src\/(facts|compose|default-lanes)/,
  scenario:
    /^packages\/scenario\/|conformance\/src\/golden|oracle\/src\/(golden|compare)|experiments\/src\/(matrix|compare)|examples\/(situations|seed-series|findings)/,
  checker: /^packages\/checker\/|\/check\/gallery/,
};

export function runsHere(spec, groups) {
  const name = relative(root, spec);
  return !/\.live\.spec/.test(name) && groups.some((group) => ASKED[group].test(name));
}
