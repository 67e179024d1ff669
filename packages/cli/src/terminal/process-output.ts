/**
 * The process's own streams. `cowlab compare ... | head` closes the pipe early: that is no error, and the work goes on
 * unheard, for its files and its exit code. A full disk is one: it is said once, and the exit code says so too.
 */
import type { Output } from './io.ts';

export interface ProcessOutput extends Output {
  /** What kept the text from arriving; null: nothing, or nobody listened any more. */
  problem(): string | null;
}

export function processOutput(stream: NodeJS.WriteStream): ProcessOutput {
  let isGone = false;
  let problem: string | null = null;
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    isGone = true;
    if (code !== 'EPIPE') problem ??= message;
  });
  return { isTTY: stream.isTTY, problem: () => problem, write: (text) => (isGone ? false : stream.write(text)) };
}
