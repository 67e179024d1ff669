/**
 * The C programs beside this package, compiled where they are first needed and kept. Static where the machine can, so
 * that they also run where there is no libc.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync,
  writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache-folder.ts';
import { findCommand } from './find-command.ts';
import { LiveError } from './live-error.ts';

export const compiler = (): string | null => findCommand('cc', process.env);

/** The sources lie beside src and dist alike. */
const FOLDER = fileURLToPath(new URL('../../agent/', import.meta.url));

/** Path of the binary of one file, or of all in a folder; changed sources are another binary. @throws LiveError */
export function compiled(name: 'costs' | 'init' | 'leash' | 'runner' | 'storm'): string {
  const sources = existsSync(join(FOLDER, `${name}.c`))
    ? [join(FOLDER, `${name}.c`)]
    : readdirSync(join(FOLDER, name)).sort().map((file) => join(FOLDER, name, file));
  const key = createHash('sha256');
  for (const source of sources) key.update(readFileSync(source));
  const binary = join(cacheFolder(), `${name}-${key.digest('hex').slice(0, 16)}`);
  return isAsCompiled(binary) ? binary : compileTo(binary, sources);
}

/** Whole, of this user, and as it was when it was compiled. */
export function isAsCompiled(binary: string): boolean {
  try {
    const { uid, mode, size } = lstatSync(binary);
    return lstatSync(binary).isFile() && uid === process.geteuid?.() && (mode & 0o022) === 0 && size > 0
      && readFileSync(sumFile(binary), 'utf8') === sumOf(binary);
  } catch {
    return false;
  }
}

const sumFile = (binary: string): string => `${binary}.sha256`;
const sumOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

function compileTo(binary: string, sources: readonly string[]): string {
  const unfinished = `${binary}.${randomBytes(6).toString('hex')}`;
  const compile = (...flags: readonly string[]): void =>
    void execFileSync(
      compiler() ?? 'cc',
      ['-O2', '-std=gnu11', '-pthread', ...flags, '-o', unfinished,
        ...sources.filter((source) => source.endsWith('.c'))],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
  try {
    try {
      compile('-static');
    } catch {
      // Distributions keep the static libc apart.
      compile();
    }
  } catch (cause) {
    const { stderr } = cause as { readonly stderr?: Buffer };
    const said = stderr?.toString().split('\n').find((line) => line.includes('error')) ?? String(cause);
    throw new LiveError(FOLDER, `cc says: ${said.trim()}`,
      'install the headers of libc and of the kernel (linux/io_uring.h)', { cause });
  }
  chmodSync(unfinished, 0o755);
  writeFileSync(sumFile(unfinished), sumOf(unfinished), { flag: 'wx' });
  // Whatever stands in their places, a folder perhaps, is none of ours.
  for (const [from, to] of [[sumFile(unfinished), sumFile(binary)], [unfinished, binary]] as const) {
    if (lstatSync(to, { throwIfNoEntry: false })?.isFile() === false) rmSync(to, { recursive: true });
    renameSync(from, to);
  }
  return binary;
}
