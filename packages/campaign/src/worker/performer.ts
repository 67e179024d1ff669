/** Who does the work itself: a thread where there is one to be had, so that this one can say that it is alive. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Question } from '../plan/question.ts';
import type { Unit } from '../plan/unit.ts';
import { openWorkshop } from '../work/open-workshop.ts';
import type { Workshop, WorkPlace } from '../work/workshop.ts';

export interface Performer {
  perform(campaign: number, question: Question, unit: Unit, given: unknown): Promise<unknown>;
  /** What is being done is given up. */
  stop(): Promise<void>;
}

/** Beside this file once it is built. */
const THREAD = new URL('./work-thread.js', import.meta.url);

export function performerAt(place: WorkPlace): Performer {
  return existsSync(fileURLToPath(THREAD)) ? new ThreadPerformer(place) : new PerformerHere(place);
}

/** One workshop at a time: a worker goes from one campaign to the next. */
export class PerformerHere implements Performer {
  private open: { readonly campaign: number; readonly workshop: Workshop } | null = null;

  constructor(private readonly place: WorkPlace) {}

  async perform(campaign: number, question: Question, unit: Unit, given: unknown): Promise<unknown> {
    if (this.open?.campaign !== campaign) {
      await this.stop();
      this.open = { campaign, workshop: await openWorkshop(question, this.place) };
    }
    return this.open.workshop.perform(unit, given);
  }

  async stop(): Promise<void> {
    const { open } = this;
    this.open = null;
    await open?.workshop.close();
  }
}

/** What the thread is asked, and what it answers. */
export interface ThreadQuestion {
  readonly id: number;
  readonly campaign: number;
  readonly question: Question;
  readonly unit: Unit;
  /** What it needs of other units. */
  readonly given: unknown;
}
export type ThreadAnswer =
  | { readonly id: number; readonly outcome: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

class ThreadPerformer implements Performer {
  private thread: Worker | null = null;
  private asked: { readonly id: number; resolve(outcome: unknown): void; reject(cause: Error): void } | null = null;
  private next = 0;

  constructor(private readonly place: WorkPlace) {}

  perform(campaign: number, question: Question, unit: Unit, given: unknown): Promise<unknown> {
    const thread = this.thread ??= this.begin();
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.asked = { id, resolve, reject };
      thread.postMessage({ id, campaign, question, unit, given } satisfies ThreadQuestion);
    });
  }

  async stop(): Promise<void> {
    const { thread } = this;
    this.thread = null;
    await thread?.terminate();
  }

  private begin(): Worker {
    const thread = new Worker(THREAD, { workerData: this.place });
    thread.on('message', (answer: ThreadAnswer) => {
      if (answer.id !== this.asked?.id) return;
      const { asked } = this;
      this.asked = null;
      if ('outcome' in answer) asked.resolve(answer.outcome);
      else asked.reject(Object.assign(new Error(answer.error.message), { name: answer.error.name }));
    });
    const gone = (cause: Error): void => {
      if (this.thread === thread) this.thread = null;
      const { asked } = this;
      this.asked = null;
      asked?.reject(cause);
    };
    thread.on('error', gone);
    thread.on('exit', () => gone(new Error('the thread that worked has ended')));
    return thread;
  }
}
