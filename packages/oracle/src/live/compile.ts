/**
 * The C programs beside this package, compiled where they are first needed and kept. Static where the machine can, so
 * that they also run where there is no libc.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCommand } from './find-command.ts';
import { LiveError } from './live-error.ts';

export const compiler = (): string | null => findCommand('cc', process.env);

/** The sources lie beside src and dist alike. */
const FOLDER = fileURLToPath(new URL('../../agent/', import.meta.url));

/** Path of the binary of one file, or of all in a folder; changed sources are another binary. @throws LiveError */
export function compiled(name: 'init' | 'leash' | 'runner' | 'storm'): string {
  const sources = existsSync(join(FOLDER, `${name}.c`))
    ? [join(FOLDER, `${name}.c`)]
    : readdirSync(join(FOLDER, name)).sort().map((file) => join(FOLDER, name, file));
  const key = createHash('sha256');
  for (const source of sources) key.update(readFileSync(source));
  const binary = join(cacheFolder(), `${name}-${key.digest('hex').slice(0, 16)}`);
  if (existsSync(binary)) return binary;
  const unfinished = `${binary}.${process.pid}`;
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
  renameSync(unfinished, binary);
  return binary;
}

/** A user without a home gets a folder that nobody else can have put something into. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const home = join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), '.cache'), 'cowlab');
  try {
    mkdirSync(home, { recursive: true });
    accessSync(home, constants.W_OK);
    return home;
  } catch {
    const own = join(process.env.TMPDIR ?? tmpdir(), `cowlab-${process.geteuid?.() ?? 0}`);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(own);
    if (uid === process.geteuid?.() && (mode & 0o022) === 0) return own;
    throw new LiveError(own, 'belongs to somebody else', 'set XDG_CACHE_HOME to a folder of your own');
  }
}
