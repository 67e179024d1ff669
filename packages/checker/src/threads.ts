/** @cowlab/checker/threads: threads that search together with the one that asks. Of Node; the rest runs in browsers too. */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { existsSync } from 'node:fs';
import type { Helpers, Message, Report } from './crew/helpers.ts';

export type { Helpers } from './crew/helpers.ts';

/** As it was built: from the sources and from the build alike. */
const THREAD = new URL('../dist/threads/crew-thread.js', import.meta.url);

/** Threads that wait for searches, one after the other, and keep no process alive. */
export class Threads implements Helpers {
  private readonly workers: readonly Worker[];
  private readonly ports: readonly MessagePort[];

  /** @throws RangeError where the thread's code is not built */
  constructor(readonly nr: number) {
    if (!existsSync(THREAD)) throw new RangeError('the checker is not built, so it has no threads');
    const channels = Array.from({ length: nr }, () => new MessageChannel());
    this.ports = channels.map(({ port1 }) => port1);
    this.workers = channels.map(({ port2 }) =>
      new Worker(THREAD, { workerData: { port: port2 }, transferList: [port2], execArgv: [], stdin: false })
    );
    for (const worker of this.workers) worker.unref();
    for (const port of this.ports) port.unref();
  }

  send(thread: number, message: Message): void {
    this.ports[thread - 1].postMessage(message);
  }

  reports(): readonly Report[] {
    const all: Report[] = [];
    for (const port of this.ports) {
      for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port))
        all.push(got.message as Report);
    }
    return all;
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
