/**
 * Judging in several threads. A policy is functions and does not travel, so every thread makes its own; what goes to
 * and fro is programs, observations and differences.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Asked, Judge, Judged } from './fuzz-judge.ts';

export interface JudgeThreads {
  readonly judge: Judge;
  close(): Promise<void>;
}

/** What a thread answers to the question of that number; the first is `ready`. */
type Answer =
  | { readonly ready: true }
  | { readonly question: number; readonly judged: Judged }
  /** As an error, it would lose its name on the way. */
  | { readonly question: number | null; readonly error: { readonly name: string; readonly message: string } };

/** `file` calls `serveJudge` with what it is given as `workerData`. @throws what a thread fails to begin with */
export async function judgeThreads(file: URL, nr: number, data: unknown): Promise<JudgeThreads> {
  const threads = Array.from({ length: nr }, () => new Thread(file, data));
  const close = async (): Promise<void> => void (await Promise.all(threads.map((thread) => thread.close())));
  try {
    await Promise.all(threads.map(({ ready }) => ready));
  } catch (cause) {
    await close();
    throw cause;
  }
  const idlest = (): Thread => threads.reduce((one, other) => (other.nrOpen < one.nrOpen ? other : one));
  return { judge: (asked) => idlest().ask(asked), close };
}

/** In the thread: answers until the port is closed. */
export async function serveJudge(port: MessagePort, make: () => Promise<(asked: Asked) => Judged>): Promise<void> {
  const answer = (message: Answer): void => port.postMessage(message);
  try {
    const judge = await make();
    port.on('message', ({ question, asked }: { readonly question: number; readonly asked: Asked }) => {
      try {
        answer({ question, judged: judge(asked) });
      } catch (cause) {
        answer({ question, error: told(cause) });
      }
    });
    answer({ ready: true });
  } catch (cause) {
    answer({ question: null, error: told(cause) });
  }
}

class Thread {
  readonly ready: Promise<void>;
  private readonly worker: Worker;
  private readonly open = new Map<number,
    { readonly resolve: (judged: Judged) => void; readonly reject: (cause: Error) => void }>();
  private next = 0;

  constructor(file: URL, data: unknown) {
    this.worker = new Worker(file, { workerData: data });
    this.ready = new Promise((resolve, reject) => {
      this.worker.on('message', (answer: Answer) => {
        if ('ready' in answer) resolve();
        else if ('judged' in answer) this.take(answer.question)?.resolve(answer.judged);
        else if (answer.question === null) reject(errorOf(answer.error));
        else this.take(answer.question)?.reject(errorOf(answer.error));
      });
      const gone = (cause: Error): void => {
        reject(cause);
        for (const { reject: refuse } of this.open.values()) refuse(cause);
        this.open.clear();
      };
      this.worker.on('error', gone);
      this.worker.on('exit', () => gone(new Error('a thread that judged programs has ended')));
    });
    this.ready.catch(() => undefined);
  }

  get nrOpen(): number {
    return this.open.size;
  }

  ask(asked: Asked): Promise<Judged> {
    const question = this.next++;
    return new Promise((resolve, reject) => {
      this.open.set(question, { resolve, reject });
      this.worker.postMessage({ question, asked });
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private take(
    question: number,
  ): { readonly resolve: (judged: Judged) => void; readonly reject: (cause: Error) => void } | undefined {
    const waiting = this.open.get(question);
    this.open.delete(question);
    return waiting;
  }
}

function told(cause: unknown): { name: string; message: string } {
  return cause instanceof Error
    ? { name: cause.name, message: cause.message }
    : { name: 'Error', message: String(cause) };
}

function errorOf({ name, message }: { readonly name: string; readonly message: string }): Error {
  return Object.assign(new Error(message), { name });
}
