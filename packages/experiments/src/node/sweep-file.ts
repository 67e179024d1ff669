/** A sweep over all cores, with its results kept as it goes. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Piscina } from 'piscina';
import type { SweepTable } from '../sweep/sweep-table.ts';
import { tableOf } from '../sweep/sweep-table.ts';
import { type Plan, runCell } from '../sweep/plan.ts';
import { type KeptCells, ResultsFile, type SweepHead } from './results-file.ts';
import { hashOf, planFrom, type SweepSource } from './sweep-source.ts';
import type { Piece } from './sweep-worker.ts';

export type { SweepSource };

export interface SweepFileOptions {
  /** Threads; 1 runs everything in this one. Default: as many as there are cores. */
  readonly workers?: number;
  /** Where finished cells are kept, and what they are called in complaints. null: nowhere. */
  readonly results?: { readonly path: string; readonly name: string } | null;
  /** Another place for them. */
  readonly keep?: (sweep: SweepHead) => Promise<KeptCells>;
  readonly onProgress?: (progress: SweepProgress) => void;
}

export interface SweepProgress {
  readonly done: number;
  readonly all: number;
  /** Finished in an earlier run. */
  readonly before: number;
  /** null: nothing is known yet. */
  readonly secondsLeft: number | null;
}

export interface SweepDone {
  readonly table: SweepTable;
  /** Cells that were run now; the others were in the results file. */
  readonly ran: number;
  readonly all: number;
}

/** @throws SweepError, CompositionError, PluginError or ScenarioError; what is finished then is kept */
export async function sweepFile(source: SweepSource, options: SweepFileOptions = {}): Promise<SweepDone> {
  const { workers = availableParallelism(), results = null, onProgress = () => undefined } = options;
  // A thread reads the experiment while this one does: that takes longer than many a sweep.
  const pool = workers > 1 && !FROM_SOURCES ? startPool(source, workers - 1) : null;
  try {
    return await sweepPlan(source, await planFrom(source), { workers, results, onProgress, keep: options.keep ?? null },
      pool);
  } finally {
    // Nobody waits for threads that have nothing to say any more.
    void pool?.then((started) => started.destroy(), () => undefined);
  }
}

type Settings = Required<Omit<SweepFileOptions, 'keep'>> & { readonly keep: SweepFileOptions['keep'] | null };

async function sweepPlan(
  source: SweepSource,
  plan: Plan,
  { workers, results, onProgress, keep }: Settings,
  pool: Promise<Piscina> | null,
): Promise<SweepDone> {
  const kept: KeptCells[] = [];
  if (results !== null) kept.push(ResultsFile.open(results.path, results.name, headOf(plan, source)));
  if (keep) kept.push(await keep(headOf(plan, source)));
  const values = new Map<number, readonly number[]>(kept.flatMap(({ done }) => [...done]));
  // What one place has the other one gets.
  for (const place of kept) place.add([...values].filter(([cell]) => !place.done.has(cell)));
  const before = values.size;
  const start = performance.now();
  const finished = (cells: readonly number[], found: Piece['values']): void => {
    cells.forEach((cell, at) => values.set(cell, found[at]));
    for (const place of kept) place.add(cells.map((cell, at) => [cell, found[at]]));
    const [now, left] = [values.size - before, plan.nr - values.size];
    onProgress({ done: values.size, all: plan.nr, before,
      secondsLeft: now === 0 ? null : (performance.now() - start) / 1000 * left / now });
  };
  try {
    const todo = Array.from({ length: plan.nr }, (_, cell) => cell).filter((cell) => !values.has(cell));
    if (pool !== null && todo.length > 1) await inThreads(await pool, plan, todo, workers, finished);
    else await inThisThread(plan, todo, finished);
    return { table: tableOf(plan, Array.from({ length: plan.nr }, (_, cell) => values.get(cell) ?? [])),
      ran: plan.nr - before, all: plan.nr };
  } finally {
    for (const place of kept) await place.close(values.size === plan.nr);
  }
}

const headOf = (plan: Plan, source: SweepSource): SweepHead => ({ hash: hashOf(plan, source), cells: plan.nr,
  measures: plan.measureNames });

/** A thread of Node loads what was built: from sources there is none. */
const FROM_SOURCES = import.meta.url.endsWith('.ts');

type Finished = (cells: readonly number[], values: Piece['values']) => void;

async function inThisThread(plan: Plan, todo: readonly number[], finished: Finished): Promise<void> {
  for (const [at, cell] of todo.entries()) {
    finished([cell], [runCell(plan, cell)]);
    // Others in this thread (a progress line, an interrupt) get their turn.
    if (at % 16 === 15) await new Promise((turn) => setImmediate(turn));
  }
}

/** A piece is as many cells as take about so long: longer ones lose more when they are killed. */
const PIECE_MS = 150;
const PIECE_MAX = 256;
/** A thread has its next piece before it has finished one: this thread, busy with cells of its own, answers late. */
const AHEAD = 2;

/** One thread at once, and more as soon as there is work for them. */
async function startPool(source: SweepSource, threads: number): Promise<Piscina> {
  const { Piscina: Pool } = await import('piscina');
  return new Pool({ filename: fileURLToPath(new URL('./sweep-worker.js', import.meta.url)), minThreads: 1,
    maxThreads: threads, concurrentTasksPerWorker: AHEAD, workerData: { source }, idleTimeout: Infinity });
}

/** This thread is one of the workers. */
async function inThreads(
  pool: Piscina,
  plan: Plan,
  todo: readonly number[],
  workers: number,
  finished: Finished,
): Promise<void> {
  const threads = Math.min(workers, todo.length) - 1;
  let next = 0;
  let size = 1;
  const feed = async (): Promise<void> => {
    while (next < todo.length) {
      // At the end everybody gets a part of what is left.
      const nr = Math.max(1, Math.min(size, Math.ceil((todo.length - next) / workers / AHEAD / 2)));
      const cells = todo.slice(next, next += nr);
      const { values, ms } = await pool.run(cells) as Piece;
      finished(cells, values);
      size = Math.max(1, Math.min(PIECE_MAX, Math.round(PIECE_MS * cells.length / Math.max(ms, 0.1))));
    }
  };
  const own = async (): Promise<void> => {
    while (next < todo.length) {
      const cell = todo[next++];
      finished([cell], [runCell(plan, cell)]);
      await new Promise((turn) => setImmediate(turn));
    }
  };
  await Promise.all([...Array.from({ length: threads * AHEAD }, feed), own()]);
}
