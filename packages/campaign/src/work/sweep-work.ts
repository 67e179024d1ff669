/** Units of a sweep: some of its cells. */
import { hashOf, planFrom, type SweepSource } from '@cowlab/experiments/node';
import { runCell } from '@cowlab/experiments/sweep';
import type { SweepQuestion } from '../plan/question.ts';
import type { Workshop, WorkPlace } from './workshop.ts';

export interface CellsOutcome {
  /** Of what the values depend on: files too. */
  readonly of: string;
  readonly values: readonly (readonly number[])[];
}

export function sourceOf({ kind: _, ...question }: SweepQuestion, { cwd, asked }: WorkPlace): SweepSource {
  return { ...question, cwd, asked };
}

export async function openSweepWork(question: SweepQuestion, place: WorkPlace): Promise<Workshop> {
  const source = sourceOf(question, place);
  const plan = await planFrom(source);
  const of = hashOf(plan, source);
  return {
    perform: async (unit) => {
      if (unit.work !== 'cells') throw new Error(`${unit.work} is no unit of a sweep`);
      const values: (readonly number[])[] = [];
      for (let cell = unit.from; cell < unit.to; cell++) {
        values.push(runCell(plan, cell));
        if (values.length % TURN_EVERY === 0) await new Promise((turn) => setImmediate(turn));
      }
      return { of, values } satisfies CellsOutcome;
    },
    close: () => Promise.resolve(),
  };
}

const TURN_EVERY = 16;
