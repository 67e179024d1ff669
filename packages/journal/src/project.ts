/** Read models over a stream: a fold that is rebuilt from the stream at any time and can be kept up while it grows. */

import type { Journal, StoredChunk, StoredSnapshot } from './journal.ts';
import { JournalError } from './journal-error.ts';

export interface Fold<State> {
  start(): State;
  /** The state after the events of a chunk. It may change `state` and give it back. */
  add(state: State, chunk: StoredChunk): State;
  /** The state that a snapshot stands for. Without it a stream whose beginning was dropped cannot be folded. */
  restore?(snapshot: StoredSnapshot): State;
}

export interface Projected<State> {
  readonly state: State;
  /** Events behind it. */
  readonly version: number;
}

/** The state as the stream stands now. */
export async function project<State>(journal: Journal, stream: string, fold: Fold<State>): Promise<Projected<State>> {
  const folding = new Folding(stream, fold);
  for await (const item of journal.read(stream, fold.restore === undefined ? 0 : 'snapshot')) folding.take(item);
  return folding;
}

/** The state after each chunk, of what there is and of what is still to come; ends by its signal. */
export async function* projectLive<State>(
  journal: Journal,
  stream: string,
  fold: Fold<State>,
  signal?: AbortSignal,
): AsyncGenerator<Projected<State>, void, undefined> {
  const folding = new Folding(stream, fold);
  for await (const item of journal.subscribe(stream, 0, signal === undefined ? {} : { signal })) {
    folding.take(item);
    yield { state: folding.state, version: folding.version };
  }
}

class Folding<State> implements Projected<State> {
  state: State;
  version = 0;

  constructor(private readonly stream: string, private readonly fold: Fold<State>) {
    this.state = fold.start();
  }

  take(item: StoredChunk | StoredSnapshot): void {
    if (item.kind === 'chunk') {
      if (item.version < this.version) {
        // A snapshot was taken in the middle of this chunk: only whoever packed it could tell its events apart.
        throw new JournalError('bad-append',
          `${this.stream}: the snapshot at ${this.version} is inside the chunk at ${item.version}`,
          'take snapshots where a chunk ends');
      }
      this.state = this.fold.add(this.state, item);
      this.version = item.version + item.nr;
      return;
    }
    if (this.fold.restore === undefined) {
      throw new JournalError('bad-append', `${this.stream}: the events before ${item.version} were dropped`,
        'give a fold that can begin from a snapshot');
    }
    this.state = this.fold.restore(item);
    this.version = item.version;
  }
}
