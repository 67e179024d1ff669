/**
 * A machine that keeps no log: for a recording of millions of calls, of whose entries each is looked at once. What it
 * is asked must be what a log could hold; who is not sure asks `commandProblem`, as a lab does by itself.
 */
import { type Command, execute, type Kernel, type LogEntry } from '@cowlab/core';
import type { Followed } from './lab.ts';
import type { ReadModel } from './models/read-model.ts';
import { WorldView } from './world-view.ts';

export class Unlogged implements Followed {
  readonly world: WorldView;
  private readonly models: ReadModel<unknown>[] = [];
  private position = 0;

  /** `kernel` is of one's own, as a lab's `branch()` gives it. */
  constructor(private readonly kernel: Kernel) {
    this.world = new WorldView(kernel.world);
  }

  /** What is thrown on the way leaves a half-changed world behind, that is of no use any more. */
  execute(command: Command): LogEntry {
    const { events, result } = execute(this.kernel, command);
    const entry: LogEntry = { position: this.position++, command, events, result };
    for (let nr = 0; nr < this.models.length; nr++) this.models[nr].apply(entry, this.world);
    return entry;
  }

  /** From here on: there is no log by which it could catch up. */
  follow<Model extends ReadModel<unknown>>(model: Model): Model {
    if (this.position > 0) throw new Error('a machine without a log is followed from its beginning');
    this.models.push(model);
    return model;
  }

  unfollow(model: ReadModel<unknown>): void {
    const at = this.models.indexOf(model);
    if (at >= 0) this.models.splice(at, 1);
  }
}
