/** A comparison that goes into a journal while it runs: a stream for each lane, all of one name. */
import type { Moment } from '@cowlab/experiments/compare';
import type { Journal } from '@cowlab/journal';
import type { Io } from '../terminal/io.ts';
import { KeptLab } from './kept-lab.ts';
import { openForWriting } from './open-journal.ts';
import { runName } from './run-names.ts';

/** Carries out the comparison; `onMoment` is told of each. @returns the streams it went to, with what came of it */
export async function keepLanes<Value>(
  address: string | undefined,
  experiment: string,
  steps: Generator<Moment, Value>,
  onMoment: (moment: Moment) => void,
  io: Io,
): Promise<{ readonly value: Value; readonly streams: readonly string[] }> {
  const journal = address === undefined ? null : await openForWriting(address, io);
  try {
    return await carriedOut(journal, experiment, steps, onMoment);
  } finally {
    await journal?.close();
  }
}

async function carriedOut<Value>(
  journal: Journal | null,
  experiment: string,
  steps: Generator<Moment, Value>,
  onMoment: (moment: Moment) => void,
): Promise<{ readonly value: Value; readonly streams: readonly string[] }> {
  const run = runName();
  const streams: string[] = [];
  let kept: KeptLab | null = null;
  try {
    for (;;) {
      const { done, value: moment } = steps.next();
      if (done === true) return { value: moment, streams };
      onMoment(moment);
      if (journal === null) continue;
      if (moment.kind === 'lane') {
        kept = new KeptLab(journal, experiment, moment.lane.name, run, moment.lab);
        streams.push(kept.stream);
      } else if (moment.kind === 'step') await kept?.keepUp();
      else {
        await kept?.finish();
        kept = null;
      }
    }
  } catch (error) {
    await kept?.stop().catch(() => undefined);
    throw error;
  }
}
