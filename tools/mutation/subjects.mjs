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
  const pattern = new RegExp(holds.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*'));
  return groups.flatMap((group) => GROUPS[group]).flatMap(sourcesUnder).filter((path) => {
    const name = relative(root, path);
    const plugin = name.startsWith('plugins/');
    return !name.endsWith('.spec.ts') && (plugin || !LEFT_OUT.test(name)) && pattern.test(name);
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

/** Not asked: they start processes, ask the kernel of this machine, read the network, or are about the terminal. */
const ELSEWHERE =
  /packages\/(journal|cli|cowlab|create-cowlab|prose)\/|\/(live|kernels|output)\/|\.live\.spec|examples\/(docs|0[3-9])|fuzz-here|storm|module-loader/;

/** The machine that searches orders is asked about itself alone: it is slow, and what it runs of core others run too. */
const OF_CHECKER = /packages\/checker\/|\/check\//;

export function runsHere(spec, groups) {
  const name = relative(root, spec);
  return !ELSEWHERE.test(name) && (groups.includes('checker') || !OF_CHECKER.test(name));
}
