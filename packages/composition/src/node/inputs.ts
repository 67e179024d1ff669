/**
 * Reading what people hand in: scenarios, recordings (plain or packed) and logs. Whatever is wrong becomes one line.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseScenario, type Scenario } from '@cowlab/scenario';
import { CompositionError, reasonOf } from '../composition-error.ts';
import { COWTRACE, isCowtrace, readCowtrace } from './cowtrace.ts';
import { lookAt, readText, TEXT_BYTES_MAX } from './read-text.ts';
import { inputPath, STDIN } from './examples.ts';

/** The files of one recording. The strace is its spine; what is not there is null. */
export interface RecordingFiles {
  /** What complaints call it: the path as it was given, without ending. */
  readonly name: string;
  readonly strace: string;
  readonly faults: string | null;
  readonly accesses: string | null;
}

export type Input = { readonly kind: 'scenario'; readonly path: string } | { readonly kind: 'recording';
  readonly files: RecordingFiles };

/**
 * What `argument` stands for: a scenario file; or a recording by its strace file, by its name without endings, or by
 * the folder that holds it alone.
 * @throws CompositionError
 */
export function findInput(argument: string, cwd: string): Input {
  const path = inputPath(argument, cwd);
  const ending = /\.strace(\.gz|\.zst)?$/.exec(argument);
  if (ending !== null && isFile(path))
    return { kind: 'recording', files: filesOf(argument.slice(0, ending.index), path) };
  if (isCowtrace(path) && isFile(path)) return { kind: 'recording', files: packedFiles(argument, path) };
  if (path === STDIN || isFile(path)) return { kind: 'scenario', path };
  const strace = present(`${path}.strace`);
  if (strace !== null) return { kind: 'recording', files: filesOf(argument, strace) };
  if (lookAt(path) !== 'folder') throw new CompositionError(argument, problemOf(path), GIVE);
  const names = filesIn(path, argument).filter((name) => /\.strace(\.gz|\.zst)?$/.test(name)).sort();
  if (names.length === 1) return findInput(join(argument, names[0]), cwd);
  if (names.length === 0)
    throw new CompositionError(argument, 'the folder holds no recording (*.strace)', 'give a .strace file');
  throw new CompositionError(argument, `the folder holds ${names.length} recordings`,
    `give one of ${names.join(', ')}`);
}

/** @throws ScenarioError, or CompositionError when the file cannot be read */
export function readScenario(path: string, name = basename(path)): Scenario {
  if (name.endsWith('.race') && isFile(path))
    throw new CompositionError(name, 'is a race, and not one program', `cowlab check ${name} asks it`);
  return parseScenario(readText(path, name), name);
}

function packedFiles(name: string, path: string): RecordingFiles {
  const members = readCowtrace(path, name, TEXT_BYTES_MAX);
  const inner = (member: string): string | null => (members.has(member) ? join(path, member) : null);
  return { name: name.replace(/\.cowtrace$/, ''), strace: join(path, COWTRACE.strace), faults: inner(COWTRACE.faults),
    accesses: inner(COWTRACE.accesses) };
}

const GIVE = 'give a .cow file, a .strace file, or a .cowtrace';

function problemOf(path: string): string {
  return lookAt(path) === 'other' ? 'is no regular file' : 'there is no such scenario or recording';
}

/** Names of what is in a folder. @throws CompositionError when it cannot be read */
export function filesIn(path: string, name: string, recursive = false): string[] {
  try {
    return readdirSync(path, { recursive, encoding: 'utf8' }).sort();
  } catch (cause) {
    throw new CompositionError(name, `cannot be read (${reasonOf(cause)})`, 'check the path and its permissions', {
      cause,
    });
  }
}

function filesOf(name: string, strace: string): RecordingFiles {
  const stem = strace.replace(/\.strace(\.gz)?$/, '');
  return { name, strace, faults: present(`${stem}.faults`), accesses: present(`${stem}.accesses`) };
}

function present(path: string): string | null {
  return [path, `${path}.gz`, `${path}.zst`].find(isFile) ?? null;
}

const isFile = (path: string): boolean => lookAt(path) === 'file';
