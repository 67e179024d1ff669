/** A worker thread: it reads the experiment for itself, then runs the cells it is given. */
import { workerData } from 'node:worker_threads';
import type { Plan } from '../sweep/plan.ts';
import { runCell } from '../sweep/plan.ts';
import { planFrom, type SweepSource } from './sweep-source.ts';

/** piscina keeps its own data beside that of whoever started the thread. */
const { source } = (Array.isArray(workerData) ? workerData[1] : workerData) as { source: SweepSource };
const plan: Promise<Plan> = planFrom(source);
// What cannot be read, the first thread says; here it is thrown to whoever asks for cells.
plan.catch(() => undefined);

export interface Piece {
  readonly values: readonly (readonly number[])[];
  /** What the cells took, reading the experiment aside. */
  readonly ms: number;
}

export default async function run(cells: readonly number[]): Promise<Piece> {
  const read = await plan;
  const start = performance.now();
  return { values: cells.map((cell) => runCell(read, cell)), ms: performance.now() - start };
}
