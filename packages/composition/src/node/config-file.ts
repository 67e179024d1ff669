/**
 * Which configuration counts. What merely lies in the current folder is data, and names no code: whoever enters a
 * folder has not agreed to run what is in it. Code is asked for by name: `--config FILE`.
 */
import { basename, dirname, extname, join, resolve } from 'node:path';
import { readdirSync } from 'node:fs';
import { CompositionError, reasonOf } from '../composition-error.ts';
import { lookAt, readText } from './read-text.ts';

export interface ConfigFile {
  readonly path: string;
  /** What complaints call it. */
  readonly name: string;
  /** Asked for by name. Only then may it be code, or name some. */
  readonly isAsked: boolean;
}

const DATA = ['.json', '.yaml', '.yml', '.toml'];
const CODE = ['.ts', '.mts', '.js', '.mjs'];
const STEM = 'cowlab.config';
const BYTES_MAX = 1 << 20;

export const isCode = ({ path }: ConfigFile): boolean => CODE.includes(extname(path));

/** The file that is asked for, or the one in `cwd`; null: there is none. @throws CompositionError */
export function findConfig(cwd: string, asked: string | undefined): ConfigFile | null {
  if (asked !== undefined) {
    const file = { path: resolve(cwd, asked), name: asked, isAsked: true };
    if (![...DATA, ...CODE].includes(extname(asked)))
      throw new CompositionError(`--config ${asked}`, 'has an ending that says nothing',
        `name a file that ends in ${[...DATA, ...CODE].join(', ')}`);
    if (lookAt(file.path) !== 'file')
      throw new CompositionError(`--config ${asked}`, 'there is no such file', 'check the path');
    return file;
  }
  const names = namesIn(cwd, DATA);
  if (names.length > 1)
    throw new CompositionError(names.join(', '), 'are all here', 'keep one, or say which: --config FILE');
  return names.length === 0 ? null : { path: join(cwd, names[0]), name: names[0], isAsked: false };
}

/** Code that would configure if it were asked to; it is not run. */
export function configCodeIn(cwd: string): readonly string[] {
  return namesIn(cwd, CODE);
}

/** Of a file of data. @throws CompositionError when it does not parse */
export async function readData({ path, name }: ConfigFile): Promise<unknown> {
  const text = readText(path, name, BYTES_MAX);
  try {
    switch (extname(path)) {
      case '.toml':
        return (await import('smol-toml')).parse(text);
      case '.json':
        return JSON.parse(text) as unknown;
      default:
        // An alias of an alias of an alias is a bomb.
        return (await import('yaml')).parse(text, { maxAliasCount: 100 }) as unknown;
    }
  } catch (cause) {
    throw new CompositionError(name, `cannot be read: ${reasonOf(cause)}`, 'mend that file, or move it away', {
      cause,
    });
  }
}

/** From which the paths in it are seen. */
export const folderOf = ({ path }: ConfigFile): string => dirname(path);

function namesIn(cwd: string, endings: readonly string[]): string[] {
  let there: string[];
  try {
    there = readdirSync(cwd);
  } catch {
    return [];
  }
  return endings.map((ending) => STEM + ending).filter((name) => there.includes(basename(name)));
}
