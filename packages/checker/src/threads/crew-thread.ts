/** A thread of a search. Between searches it waits for messages; in one it does what it is told, and says when. */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { COMMANDS, type Report } from '../crew/helpers.ts';
import { type Changed, COMMAND, DONE, GENERATION, type Setup, Share, STOP } from '../crew/share.ts';
import { awaitChange } from '../crew/waiting.ts';

const { port } = workerData as { port: MessagePort };
port.on('message', (setup: Setup) => serve(setup));

function serve(setup: Setup): void {
  const { control, threads } = setup;
  let share: Share | null = null;
  // What was told before this thread came is still to be done.
  for (let generation = 0;;) {
    awaitChange(control, GENERATION, generation);
    generation++;
    const command = Atomics.load(control, COMMAND);
    if (command === COMMANDS.end) return;
    try {
      share ??= new Share(setup);
      if (command === COMMANDS.read) {
        const got: { message: Changed } | undefined = receiveMessageOnPort(port);
        share.change(got?.message ?? {});
      } else obey(share, command, threads);
      if (command === COMMANDS.expand && share.hindrance !== null) report(share.hindrance);
    } catch (cause) {
      report({ kind: 'broken', what: cause instanceof Error ? cause.stack ?? cause.message : String(cause) });
      Atomics.store(control, STOP, 1);
    }
    Atomics.add(control, DONE, 1);
    Atomics.notify(control, DONE);
  }
}

function obey(share: Share, command: number, threads: number): void {
  if (command === COMMANDS.expand) share.expand();
  else if (command === COMMANDS.scatter) share.scatter();
  else if (command === COMMANDS.count) share.count(threads);
  else if (command === COMMANDS.rank) share.rank(threads);
  else if (command === COMMANDS.fill) share.fill(threads);
}

function report(what: Report): void {
  port.postMessage(what);
}
