// TypeDoc makes the site: the API from the public entry points, and the pages as its documents, under one navigation and one
// search. Its search index is a script, so it works from a file too.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application, Comment, Converter, Logger, LogLevel, OptionDefaults, ReflectionKind } from 'typedoc';
import { root } from '../workspace.mjs';
import { KINDS } from './made-pages.mjs';
import { GROUPS } from './pages.mjs';
import { HOME } from './stage.mjs';

/** What cowlab promises to those who import it; `.` and `./register` are for configurations and commands. */
export const ENTRY_POINTS = ['policy', 'lab', 'experiment', 'check', 'files', 'testing'];

/** Blocks of other languages are shown as they are. */
const COLOURED = ['console', 'js', 'json', 'sh', 'ts', 'c', 'diff', 'lua'];

function languagesIn(folder) {
  const pages = readdirSync(folder).filter((file) => file.endsWith('.md'));
  return [
    ...new Set(
      pages.flatMap((page) =>
        Array.from(readFileSync(join(folder, page), 'utf8').matchAll(/^```(\S+)/gm), ([, language]) => language)
      ),
    ),
  ];
}

/** Writes the site of the pages that are staged in `folder` to `out`; returns complaints. */
export async function makeSite(folder, names, out) {
  const app = await Application.bootstrap({
    name: 'cowlab',
    entryPoints: ENTRY_POINTS.map((name) => join(root, 'packages/cowlab/src', `${name}.ts`)),
    tsconfig: join(root, 'packages/cowlab/tsconfig.json'),
    // tsc has checked it already.
    skipErrorChecking: true,
    readme: join(folder, `${HOME}.md`),
    projectDocuments: names.map((name) => join(folder, `${name}.md`)),
    out,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: false,
    // Places in files of a checkout lead nowhere from here.
    disableSources: true,
    disableGit: true,
    githubPages: false,
    includeVersion: false,
    searchInDocuments: true,
    searchInComments: true,
    // Names of the API match more words than they mean: EFAULT is in DEFAULT_SPECS.
    searchGroupBoosts: Object.fromEntries([...GROUPS, ...Object.values(KINDS)].map((group) => [group, 20])),
    navigation: { includeGroups: true },
    groupOrder: [...GROUPS, ...Object.values(KINDS), 'Modules', '*'],
    customCss: join(root, 'tools/docs/site.css'),
    blockTags: [...OptionDefaults.blockTags, '@kernel', '@simplifies'],
    highlightLanguages: COLOURED,
    ignoredHighlightLanguages: languagesIn(folder).filter((language) => !COLOURED.includes(language)),
    validation: { invalidLink: true, notExported: false, notDocumented: false, rewrittenLink: true },
    logLevel: LogLevel.Warn,
  });
  const complaints = [];
  app.logger = new Listening(complaints);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => nameModules(project));
  const project = await app.convert();
  if (project === undefined) return ['TypeDoc made nothing of the entry points', ...complaints];
  app.validate(project);
  await app.generateDocs(project, out);
  return complaints;
}

/** `cowlab/policy`, as it is imported, and what the file says of itself. */
function nameModules(project) {
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    const text = readFileSync(join(root, 'packages/cowlab/src', `${module.name}.ts`), 'utf8');
    const [, said = ''] = /^\/\*\*\s*([^]*?)\s*\*\//.exec(text) ?? [];
    const words = said.replace(/\n \* ?/g, ' ').trim().replace(/^cowlab\/\w+: */, '');
    module.name = `cowlab/${module.name}`;
    module.comment = new Comment([{ kind: 'text', text: `${words[0].toUpperCase()}${words.slice(1)}` }]);
  }
}

/** What TypeDoc has to say is counted, not printed in between. */
class Listening extends Logger {
  constructor(complaints) {
    super();
    this.complaints = complaints;
  }

  log(message, level) {
    if (level >= LogLevel.Warn) this.complaints.push(message);
  }

  /** Without colours and the excerpt of the source. */
  addContext(message, _level, ...[, file]) {
    return typeof file === 'string' ? `${file}: ${message}` : message;
  }
}
