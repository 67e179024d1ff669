/** What a command may touch of the process it runs in, so that tests can run it without one. */
import { COLUMNS } from '@cowlab/prose';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Folder that paths are relative to. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What options that all commands have ask for; nothing until they are read. */
  readonly asked?: { readonly config?: string | undefined; readonly plugins?: readonly string[] };
}

/** What the caller learns: it holds, there is a finding, or the question could not be asked. */
export const EXIT = { holds: 0, finding: 1, misuse: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** How a command hands its exit code over. */
export type Ends = (code: ExitCode) => void;

/** A mistake of whoever typed the command: one line that says what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * One line that is overwritten while long work goes on, and gone when it is done. Silent unless somebody watches, on a
 * terminal that can erase a line.
 */
export function progress(io: Io): { say(text: string): void; done(): void } {
  if (io.stderr.isTTY !== true || io.env.TERM === 'dumb') return { say: () => undefined, done: () => undefined };
  const erase = '\r\x1b[K';
  return {
    say: (text) => void io.stderr.write(erase + text.slice(0, COLUMNS)),
    done: () => void io.stderr.write(erase),
  };
}
