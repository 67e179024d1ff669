/** One command of the system, to its end. */
import { spawn } from 'node:child_process';
import { findCommand } from '../live/find-command.ts';
import { LiveError } from '../live/live-error.ts';
import type { Place } from './place.ts';

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

export interface CommandSettings {
  readonly env: Place['env'];
  readonly cwd?: string;
  /** Longer than this it does not take when all is well. */
  readonly seconds: number;
  /** What to do where the command is missing. */
  readonly mend: string;
}

/** @throws LiveError when the command is missing or takes too long; a failure of its own is an answer. */
export function run(
  command: string,
  args: readonly string[],
  { env, cwd, seconds, mend }: CommandSettings,
): Promise<Ran> {
  const file = findCommand(command, env);
  if (file === null) return Promise.reject(new LiveError(command, 'is not installed', mend));
  return new Promise((resolve, reject) => {
    // In English, since its complaints are read.
    const child = spawn(file, args, { env: { ...env, LC_ALL: 'C' }, cwd, stdio: ['ignore', 'pipe', 'pipe'],
      timeout: seconds * 1000, killSignal: 'SIGKILL' });
    const said = { out: [] as Buffer[], err: [] as Buffer[] };
    child.stdout.on('data', (bytes: Buffer) => void said.out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => void said.err.push(bytes));
    child.on('error', (cause) => reject(new LiveError(command, cause.message, mend, { cause })));
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL')
        reject(new LiveError(command, `did not end in ${seconds} seconds`, 'try again, with a better network'));
      else resolve({ out: Buffer.concat(said.out).toString(), err: Buffer.concat(said.err).toString(), code });
    });
  });
}
