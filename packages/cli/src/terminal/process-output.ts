/**
 * The process's own streams. `cowlab compare ... | head` closes the pipe early: that is no error, and the work goes on
 * unheard, for its files and its exit code. A full disk is one: it is said once, and the exit code says so too.
 */
import { writeSync } from 'node:fs';
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

/** The same for a thread, whose streams would go through the thread that watches it. */
export function descriptorOutput(fd: number, isTTY: boolean): ProcessOutput {
  let isGone = false;
  let problem: string | null = null;
  return { isTTY, problem: () => problem, write: (text) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length && !isGone;) {
      try {
        at += writeSync(fd, bytes, at);
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        // A pipe that is full for now.
        if (code === 'EAGAIN') {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
          continue;
        }
        isGone = true;
        if (code !== 'EPIPE') problem ??= message;
      }
    }
    return !isGone;
  } };
}
