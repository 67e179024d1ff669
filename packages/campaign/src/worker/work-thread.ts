/** A thread that carries out units, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkPlace } from '../work/workshop.ts';
import { PerformerHere, type ThreadAnswer, type ThreadQuestion } from './performer.ts';

const here = new PerformerHere(workerData as WorkPlace);
parentPort?.on('message', ({ id, campaign, question, unit, given }: ThreadQuestion) => {
  const answer = (one: ThreadAnswer): void => parentPort?.postMessage(one);
  here.perform(campaign, question, unit, given).then((outcome) => answer({ id, outcome }), (cause: unknown) => {
    const { name = 'Error', message = String(cause) } = cause as Partial<Error>;
    answer({ id, error: { name, message } });
  });
});
