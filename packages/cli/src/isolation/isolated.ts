/**
 * A command in a thread of its own, watched by this one: a policy that never answers, leaves, or eats the memory ends
 * that thread, and is named.
 */
import { isatty } from 'node:tty';
import { Worker } from 'node:worker_threads';
import { EXIT, type ExitCode } from '../terminal/io.ts';
import { OpenQuestion, QUESTIONS_BYTES } from './questions.ts';

export interface IsolatedCommand {
  readonly argv: readonly string[];
  readonly memory: SharedArrayBuffer;
  readonly isTTY: { readonly stdout: boolean; readonly stderr: boolean };
}

/** What the thread says. */
export type Said = { readonly question: number; readonly name: string } | { readonly code: ExitCode } | {
  readonly late: string;
};

/** A hook looks at a page: what takes longer does not come back. */
const LIMITS = { secondsMax: 10, heapMibMax: 4096 };
const LOOK_EVERY_MS = 200;

/** @returns the exit code; `say` gets one line when the thread did not come to its end */
export function runIsolated(
  thread: URL,
  argv: readonly string[],
  say: (line: string) => void,
  { secondsMax, heapMibMax }: typeof LIMITS = LIMITS,
): Promise<number> {
  const memory = new SharedArrayBuffer(QUESTIONS_BYTES);
  const open = new OpenQuestion(memory);
  const command: IsolatedCommand = { argv, memory, isTTY: { stdout: isatty(1), stderr: isatty(2) } };
  const worker = new Worker(thread, { workerData: command, stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: heapMibMax } });
  return new Promise((resolve) => {
    let isOver = false;
    const end = (code: number, line: string | null): void => {
      if (isOver) return;
      isOver = true;
      clearInterval(timer);
      if (line !== null) say(line);
      void worker.terminate().then(() => resolve(code));
    };
    const by = (): string => open.name ?? 'a policy of others';
    const timer = setInterval(() => {
      if (open.openFor(performance.now()) > secondsMax * 1000)
        end(EXIT.misuse, `${by()} does not answer for ${secondsMax} s; mend the policy, or wait with --no-isolate`);
    }, LOOK_EVERY_MS);
    for (const [signal, nr] of [['SIGINT', 2], ['SIGTERM', 15]] as const)
      process.on(signal, () => end(128 + nr, open.name === null ? null : `interrupted in ${open.name}`));
    worker.on('message', (said: Said) => {
      if ('question' in said) open.named(said.question, said.name);
      else if ('late' in said) end(EXIT.misuse, said.late);
      else end(said.code, null);
    });
    worker.on('error', (cause: NodeJS.ErrnoException) =>
      end(EXIT.misuse, cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? `${by()} needs more than ${heapMibMax} MiB; mend the policy, or try --no-isolate`
        : `${by()} ended the work: ${String(cause.message).split('\n')[0]}; mend the policy`));
    worker.on('exit', () => end(EXIT.misuse, `${by()} ended the work without an answer; mend the policy`));
  });
}
