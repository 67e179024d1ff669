/** The commands that the pages show, run in this process. */
import { fileURLToPath } from 'node:url';
import nodeConsole from 'node:console';
import { join } from 'node:path';
import * as lab from 'cowlab/lab';
import * as sweeps from 'cowlab/experiment';
import { EXIT, main } from '@cowlab/cli';
import { moduleLoader } from '@cowlab/composition/node';
import { jest } from '@jest/globals';
import type { Fence } from './document.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CUT = '[...]';

/** What a `console` block looks like when its commands are run now; `rows=N` keeps the first N lines of each output. */
export async function consoleBody({ body, settings, line }: Fence, folder: string): Promise<string[]> {
  const rows = settings.rows === undefined ? Infinity : Number(settings.rows);
  const commands = body.filter((text) => text.startsWith('$ '));
  if (commands.length === 0 || !body[0].startsWith('$ '))
    throw new Error(`line ${line}: a console block begins with a command; write it as: $ npx cowlab ...`);
  const blocks: string[] = [];
  for (const command of commands) {
    const output = (await outputOf(command.slice(2), folder)).trimEnd().split('\n');
    blocks.push(command, ...(output.length > rows ? [...output.slice(0, rows), CUT] : output));
  }
  return blocks;
}

/** `npx cowlab` runs in the repository, `cowlab` in a folder outside it that holds the page's own files. */
async function outputOf(command: string, folder: string): Promise<string> {
  const [, where, args] = /^(npx cowlab|cowlab) (.+)$/.exec(command) ?? [];
  if (where !== undefined) return cowlab(args.split(' '), where === 'cowlab' ? folder : ROOT);
  if (command === 'npm start') return cowlab(['demo'], ROOT);
  const [, example, lane] = /^node (examples\/[\w-]+)\/dist\/main\.js(?: (\S+))?$/.exec(command) ?? [];
  if (example !== undefined) return exampleOutput(example, lane === undefined ? [] : [lane]);
  throw new Error(`'${command}' cannot be run from here; show it in a block of sh`);
}

export async function cowlab(args: readonly string[], cwd: string): Promise<string> {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(args, { stdout: to('out'), stderr: to('err'), cwd, env: {} });
  if (code === EXIT.misuse || text.err !== '') throw new Error(`cowlab ${args.join(' ')}: ${text.err}`);
  return text.out;
}

/** What a program of the page prints; what it imports from cowlab is these sources. It has the console of Node, not jest's. */
export async function programOutput(file: string, folder: string): Promise<string[]> {
  const lines: string[] = [];
  const log = jest.spyOn(nodeConsole, 'log').mockImplementation((line: string = '') => void lines.push(line));
  try {
    await (await moduleLoader(folder, { 'cowlab/lab': lab, 'cowlab/experiment': sweeps })).import(join(folder, file));
  } finally {
    log.mockRestore();
  }
  return lines;
}

let nr = 0;

/** The example's sources: what `node` runs is their build. */
async function exampleOutput(example: string, args: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((line: string = '') => void lines.push(line));
  const { argv } = process;
  process.argv = ['node', `${example}/dist/main.js`, ...args];
  try {
    // The query makes it a module of its own, so that it runs each time.
    await import(`../../${example}/src/main.ts?run=${nr++}`);
  } finally {
    process.argv = argv;
    log.mockRestore();
  }
  return lines.join('\n');
}
