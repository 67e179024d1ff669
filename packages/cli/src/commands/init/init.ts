/** `cowlab init`: a folder that runs and tests at once. What is there already is never overwritten. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BUILT_IN, PROFILES } from '@cowlab/composition';
import { didYouMean, paragraph } from '@cowlab/prose';
import type { Command } from 'commander';
import { type Ends, EXIT, type Io, UsageError } from '../../terminal/io.ts';
import { type Answers, ask } from './ask.ts';
import { filesOf, isInstalled } from './folder.ts';
import { hasCode, KINDS, LANGUAGES, RUNNERS } from './wanted.ts';

/** From src/ and from dist/ alike. */
const MANIFEST = new URL('../../../package.json', import.meta.url);

interface InitFlags {
  readonly lang?: string;
  readonly runner?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addInit(program: Command, io: Io, ends: Ends): void {
  program.command('init')
    .summary('a folder to begin with')
    .description('Write a folder that runs and tests at once.')
    .argument('[kind]', KINDS.join(', '))
    .argument('[name]', 'of the folder: lower case with dashes')
    .option('--lang <ts|js>', 'TypeScript or JavaScript (default: ts)')
    .option('--runner <name>', `who runs its test: ${RUNNERS.join(', ')} (default: node)`)
    .option('--yes', 'ask nothing')
    .option('--json', 'print data instead of text')
    .addHelpText('after', `
Asks for what is not said when it runs at a terminal. A folder that is
there and holds something is left alone.

Example:
  $ cowlab init policy keep-pins --yes`)
    .action(async (kind: string | undefined, name: string | undefined, flags: InitFlags) => {
      await init(kind, name, flags, io);
      ends(EXIT.holds);
    });
}

async function init(kind: string | undefined, name: string | undefined, flags: InitFlags, io: Io): Promise<void> {
  const answers = await answersOf(kind, name, flags, io);
  const folder = resolve(io.cwd, answers.name);
  const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };
  const files = filesOf({ ...answers, version }, (needed) => isInstalled(needed, dirname(folder)));
  write(folder, answers.name, files);
  const mustInstall = (JSON.parse(files['package.json']) as { devDependencies?: object }).devDependencies !== undefined;
  const names = Object.keys(files);
  if (flags.json === true) {
    io.stdout.write(
      `${
        JSON.stringify({ kind: 'init', what: answers.kind, name: answers.name, folder, files: names,
          install: mustInstall }, null, 2)
      }\n`,
    );
    return;
  }
  io.stdout.write(
    `${
      [...paragraph(names.join(', '), `${answers.name}/  `), '', 'Next:', `  $ cd ${answers.name}`,
        ...(mustInstall ? ['  $ npm install'] : []), '  $ npm test'].join('\n')
    }\n`,
  );
}

async function answersOf(
  kind: string | undefined,
  name: string | undefined,
  flags: InitFlags,
  io: Io,
): Promise<Answers> {
  const said = { kind: oneOf('kind', kind, KINDS), name: name ?? null, lang: oneOf('--lang', flags.lang, LANGUAGES),
    runner: oneOf('--runner', flags.runner, RUNNERS) };
  const problem = name === undefined ? null : problemOf(name);
  if (problem !== null) throw new UsageError(problem);
  if (said.kind !== null && !hasCode(said.kind) && (said.lang ?? said.runner) !== null)
    throw new UsageError(`a ${said.kind} is text and has no code; drop ${said.lang === null ? '--runner' : '--lang'}`);
  const asks = flags.yes !== true && flags.json !== true && io.stdout.isTTY === true && process.stdin.isTTY;
  if (asks) return ask(said, problemOf);
  if (said.kind === null || said.name === null)
    throw new UsageError(`say what to write, and its name: cowlab init ${said.kind ?? 'policy'} NAME`);
  return { kind: said.kind, name: said.name, lang: said.lang ?? 'ts', runner: said.runner ?? 'node' };
}

function oneOf<T extends string>(what: string, text: string | undefined, known: readonly T[]): T | null {
  if (text === undefined) return null;
  const found = known.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UsageError(`${what} '${text}' is none that there is; ${didYouMean(text, known)}`);
}

/** A name is a folder, an npm package and a policy's id at once. */
function problemOf(name: string): string | null {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return `'${name}' is no name for it; use lower-case letters, digits and dashes`;
  if (BUILT_IN.some(({ id }) => id === name) || Object.hasOwn(PROFILES, name))
    return `'${name}' comes with cowlab already; choose another name`;
  return null;
}

function write(folder: string, name: string, files: Readonly<Record<string, string>>): void {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there !== undefined && (!there.isDirectory() || readdirSync(folder).length > 0))
    throw new UsageError(`${name} is there already and is not overwritten; choose another name, or take it away`);
  try {
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text, { flag: 'wx' });
  } catch (cause) {
    throw new UsageError(`${name} cannot be written (${(cause as Error).message}); choose another place`, { cause });
  }
}
