/** What the thread that asks policies and the one that watches it both see. */
import type { HookWatch } from '@cowlab/composition';

/** Words: how many questions were asked; which one is open, from 1 (0: none). */
export const QUESTIONS_BYTES = 8;

/** The side that asks. `onName` tells the other side what a number means. */
export function asking(memory: SharedArrayBuffer, onName: (question: number, name: string) => void): HookWatch {
  const words = new Int32Array(memory);
  let last = 0;
  return {
    question: (policy, hook) => {
      onName(++last, `policy '${policy}': ${hook}`);
      return last;
    },
    asked: (question) => {
      words[0]++;
      Atomics.store(words, 1, question);
    },
    answered: () => void Atomics.store(words, 1, 0),
  };
}

/** The side that watches. */
export class OpenQuestion {
  private readonly words: Int32Array;
  private readonly names = new Map<number, string>();
  private seen = -1;
  private since = 0;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
  }

  named(question: number, name: string): void {
    this.names.set(question, name);
  }

  /** The question that is open; null: none is. */
  get name(): string | null {
    const question = Atomics.load(this.words, 1);
    return question === 0 ? null : this.names.get(question) ?? 'a policy';
  }

  /** For how long the same question has been seen open, of those that look in between. @param now in ms */
  openFor(now: number): number {
    const nr = Atomics.load(this.words, 0);
    if (this.name === null || nr !== this.seen) {
      this.seen = nr;
      this.since = now;
    }
    return now - this.since;
  }
}
