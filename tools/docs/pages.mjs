// The pages of the site: those that lie in the repository, and those that the laboratory itself has to say.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { commandsPage, entryPages, glossaryPage, hazardsPage, racesPage } from './made-pages.mjs';

/**
 * @typedef {object} Page
 * @property {string} name its file on the site
 * @property {string} group heading in the navigation
 * @property {string} title
 * @property {string | null} source the file of the repository that it is, or stands for
 * @property {string} text Markdown; links lead from `source`, or from the root where there is none
 * @property {readonly string[]} [children] pages under it in the navigation
 */

/** Groups of the navigation, in their order. */
export const GROUPS = ['Guides', 'Reference', 'Questions', 'Findings'];

/** Pages of docs/ that are read as a table rather than from beginning to end; what is new there is a guide. */
const REFERENCE = ['matrix', 'suite-cow'];
/** Its words are on the page that is made of `cowlab explain`, which has that name too. */
export const GLOSSARY = 'docs/glossary.md';

const markdownIn = (folder) =>
  readdirSync(join(root, folder)).filter((name) => name.endsWith('.md')).sort().map((name) => `${folder}/${name}`);

/** Every file that is a page of its own: whoever adds one to docs/ or examples/ has it on the site. */
function writtenSources() {
  const examples = readdirSync(join(root, 'examples')).sort().map((name) => `examples/${name}/README.md`).filter((
    file,
  ) => existsSync(join(root, file)));
  return ['README.md', ...markdownIn('docs'), ...examples,
    ...markdownIn('examples/findings').filter((file) => !file.endsWith('README.md')), 'packages/cowlab/README.md',
    'editors/vscode/README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
}

function groupOf(source) {
  if (/^examples\/\d/.test(source)) return 'Questions';
  if (source.startsWith('examples/findings/')) return 'Findings';
  const name = nameOf(source);
  return source.startsWith('examples/') || REFERENCE.includes(name) || source === 'CHANGELOG.md'
    ? 'Reference'
    : 'Guides';
}

/** `examples/06-fork-or-spawn/README.md` is `06-fork-or-spawn`. */
function nameOf(source) {
  const parts = source.replace(/[.]md$/, '').split('/');
  return (parts.at(-1) === 'README' ? parts.at(-2) ?? 'index' : parts.at(-1)).toLowerCase();
}

/** Where a package's name is no title. */
const TITLES = { 'packages/cowlab/README.md': 'cowlab in programs', 'editors/vscode/README.md': 'cowlab in an editor' };

function writtenPage(source) {
  const text = readFileSync(join(root, source), 'utf8');
  const title = TITLES[source] ?? /^# (.+)$/m.exec(text)?.[1] ?? source;
  return { name: nameOf(source), group: groupOf(source), title: title.replaceAll('`', ''), source, text };
}

/** Those that lie in the repository, README.md first. */
export const writtenPages = () => writtenSources().filter((source) => source !== GLOSSARY).map(writtenPage);

/** All of them; `ask` runs a cowlab command and gives what it prints. */
export async function pagesOf(ask) {
  const { entries } = JSON.parse(await ask(['explain', '--json']));
  const words = entryPages(entries);
  const made = [
    { name: 'glossary', title: 'Glossary', source: null, text: glossaryPage(entries),
      children: words.map(({ name }) => name) },
    { name: 'hazards', title: 'Hazards H1 to H9', source: null, text: hazardsPage(entries) },
    { name: 'races', title: 'The races, drawn', source: null, text: await racesPage(ask) },
    { name: 'commands', title: 'Commands', source: null, text: await commandsPage(ask) },
  ].map((page) => ({ group: 'Reference', ...page }));
  return [...writtenPages(), ...made, ...words];
}
