/**
 * Reading what people hand in: scenarios, recordings (plain or packed) and logs. Whatever is wrong becomes one line.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseScenario, type Scenario } from '@cowlab/scenario';
import { CompositionError, reasonOf } from '../composition-error.ts';
import { unpacked } from './unpack.ts';

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
  const path = resolve(cwd, argument);
  const ending = /\.strace(\.gz|\.zst)?$/.exec(argument);
  if (ending !== null && isFile(path))
    return { kind: 'recording', files: filesOf(argument.slice(0, ending.index), cwd, path) };
  if (isFile(path)) return { kind: 'scenario', path };
  const strace = present(`${path}.strace`);
  if (strace !== null) return { kind: 'recording', files: filesOf(argument, cwd, strace) };
  if (!isFolder(path))
    throw new CompositionError(argument, 'there is no such scenario or recording',
      'give a .cow file, or a .strace file');
  const names = readdirSync(path).filter((name) => /\.strace(\.gz|\.zst)?$/.test(name)).sort();
  if (names.length === 1) return findInput(join(argument, names[0]), cwd);
  if (names.length === 0)
    throw new CompositionError(argument, 'the folder holds no recording (*.strace)', 'give a .strace file');
  throw new CompositionError(argument, `the folder holds ${names.length} recordings`,
    `give one of ${names.join(', ')}`);
}

/** @throws ScenarioError, or CompositionError when the file cannot be read */
export function readScenario(path: string, name = basename(path)): Scenario {
  return parseScenario(readText(path, name), name);
}

/** A file's text, unpacked if it is packed by gzip or zstd. `name` is what complaints call it. */
export function readText(path: string, name = basename(path)): string {
  try {
    return unpacked(readFileSync(path)).toString('utf8');
  } catch (cause) {
    throw new CompositionError(name, `cannot be read (${reasonOf(cause)})`, 'check the path, or copy the file again', {
      cause,
    });
  }
}

function filesOf(name: string, cwd: string, strace: string): RecordingFiles {
  const stem = resolve(cwd, name);
  return { name, strace, faults: present(`${stem}.faults`), accesses: present(`${stem}.accesses`) };
}

function present(path: string): string | null {
  return [path, `${path}.gz`, `${path}.zst`].find(isFile) ?? null;
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
