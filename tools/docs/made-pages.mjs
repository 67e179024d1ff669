// Pages that are made: of what `cowlab explain`, `cowlab check` and `--help` print, and of the situations' claims.
import { galleryNames, readRace, readSituations } from 'cowlab/files';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.mjs';

/** What there is to explain, and what the list of it is called. */
export const KINDS = { word: 'Words', hazard: 'Hazards', policy: 'Policies', kernel: 'Kernels',
  error: 'Errors and signals', measure: 'Measures' };

/** The file of an entry's own page; a policy and a word may share a name. */
export const entryName = ({ name, kind }) => `${kind}-${name.toLowerCase().replace(/[^a-z0-9.]+/g, '-')}`;

/** Text of the laboratory is no Markdown: what would be read as such is not. */
export const plain = (text) => text.replace(/[\\`*_{}[\]<>#|@]/g, '\\$&');

const inCode = (language, text) => ['```' + language, ...text.trimEnd().split('\n'), '```'];

/** Of several that go by one name, the first. */
const namedLike = (entries, word) => {
  const alike = (text) => text.toLowerCase().replace(/[\s_()-]+/g, ' ').trim();
  return entries.find(({ name, also }) => [name, ...also].some((known) => alike(known) === alike(word)));
};

function linkTo(entries, word) {
  const entry = namedLike(entries, word);
  return entry === undefined ? plain(word) : `[${plain(word)}](${entryName(entry)}.md)`;
}

function entryLines(entries, entry) {
  const { also, text, facts, see, command } = entry;
  const told = Object.entries(facts).map(([label, fact]) => `- ${label}: ${plain(fact)}`);
  return [
    plain(text),
    '',
    ...(also.length === 0 ? [] : [`Also: ${also.map(plain).join(', ')}.`, '']),
    ...(told.length === 0 ? [] : [...told, '']),
    ...(see.length === 0 ? [] : [`See ${see.map((word) => linkTo(entries, word)).join(', ')}.`, '']),
    ...(command === null ? [] : [...inCode('sh', `npx ${command}`), '']),
  ];
}

/** A page for each thing that `cowlab explain` can say something about, so that the search leads to it. */
export function entryPages(entries) {
  return entries.map((entry) => ({
    name: entryName(entry),
    group: KINDS[entry.kind],
    title: `${entry.name} (${entry.kind})`,
    source: null,
    text: entryLines(entries, entry).join('\n'),
  }));
}

/** All of them on one page. */
export function glossaryPage(entries) {
  return [
    '# Glossary',
    '',
    'What `cowlab explain WORD` says, of every word.',
    '',
    ...Object.entries(KINDS).flatMap(([kind, title]) => [
      `## ${title}`,
      '',
      ...entries.filter((entry) => entry.kind === kind).flatMap((entry) => [
        `### ${plain(entry.name)}`,
        '',
        ...entryLines(entries, entry),
      ]),
    ]),
  ].join('\n');
}

/** Assertions that say of a hazard by another name that it is there. */
const SHOWS = { H1: 'pin-diverged', H4: 'leak' };

const shownBy = (id, { is, ids = [] }) => is === SHOWS[id] || (is === 'hazards' && ids.includes(id));

/** What each hazard is, which situations and findings show it, and on which lanes. */
export function hazardsPage(entries) {
  const situations = readSituations(null);
  const findings = Array.from(
    readFileSync(join(root, 'examples/findings/README.md'), 'utf8').matchAll(
      /^\| \[([^\]]+)\]\((\S+)\) \((H\d)\) +\| (.*?) +\|/gm,
    ),
    ([, title, file, id, kernels]) => ({ title, file, id, kernels }),
  );
  const rowsOf = (id) => [
    ...situations.flatMap(({ file, text, scenario }) => {
      const lanes = scenario.expects.flatMap(({ lanes: named, assertion }) =>
        shownBy(id, assertion) ? (named === '*' ? ['every lane'] : named) : []
      );
      return lanes.length === 0
        ? []
        : [`- [${plain(text)}](examples/situations/${file}): ${[...new Set(lanes)].map(plain).join(', ')}`];
    }),
    ...findings.filter((finding) => finding.id === id).map(({ title, file, kernels }) =>
      `- [${title}](examples/findings/${file}): ${kernels}`
    ),
  ];
  return [
    '# Hazards H1 to H9',
    '',
    'Nine ways in which fork() and pinned pages go wrong. The ids are stable; `cowlab compare --fail-on H1` exits 1 when a lane',
    'has that one.',
    '',
    ...entries.filter(({ kind }) => kind === 'hazard').flatMap(({ name, text }) => [
      `## ${name}`,
      '',
      plain(text),
      '',
      ...(rowsOf(name).length === 0
        ? ['No situation and no finding is about it.']
        : ['Situations and findings that show it, and where they do:', '', ...rowsOf(name)]),
      '',
    ]),
  ].join('\n');
}

/** Every race of the gallery: what it asks, what came of it, and the first order that breaks it as the tool draws it. */
export async function racesPage(ask) {
  const races = [];
  for (const name of galleryNames()) {
    const { title, question } = readRace(name, root);
    const text = readFileSync(join(root, 'examples/races', `${name}.race`), 'utf8');
    races.push(
      `## ${name}`,
      '',
      `${plain(title)}. ${plain(question)}`,
      '',
      ...inCode('race', text),
      '',
      ...inCode('text', `$ npx cowlab check ${name}\n${await ask(['check', name, '--quiet'])}`),
      '',
    );
  }
  return [
    '# The races, drawn',
    '',
    'What `cowlab check` says of every race of the gallery: in each lane, under each memory model, whether some order of the',
    'steps breaks it. The first order that does is drawn in two columns, one a CPU; `*` marks a step whose order against the',
    'other CPU matters. [Every order](docs/checker.md) tells how to read a race and write one.',
    '',
    ...races,
  ].join('\n');
}

/** The command's own help, and that of each of its commands. */
export async function commandsPage(ask) {
  const help = await ask(['--help']);
  const names = Array.from(help.slice(help.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)(?= )/gm), ([, name]) => name);
  const pages = [];
  for (const name of names.filter((word) => word !== 'help'))
    pages.push(`## ${name}`, '', ...inCode('text', await ask([name, '--help'])), '');
  return ['# Commands', '', ...inCode('text', help), '', ...pages].join('\n');
}
