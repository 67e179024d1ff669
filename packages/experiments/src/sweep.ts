/** @cowlab/experiments/sweep: how something grows: parameters, workloads, measures, and the table they make. */

export { scenario } from '@cowlab/scenario';
export type { Estimate } from './measures/estimate.ts';
export { type CounterName, type Fold, fold, type MeasuredRun, type MeasureFunction, type MeasureName,
  measureNames } from './measures/measures.ts';
export { parseAxis } from './sweep/axis-syntax.ts';
export { type Experiment, experiment, type ExperimentSpec, type ScenarioAt } from './sweep/experiment.ts';
export { type Axes, type Point, type PointOf, powers, product, range, type Sweep, type Value,
  zip } from './sweep/parameters.ts';
export { type Random, randomOf } from './sweep/random.ts';
export { runExperiment, type RunOptions } from './sweep/run-experiment.ts';
export { SweepError } from './sweep/sweep-error.ts';
export { type Plan, runCell } from './sweep/plan.ts';
export { type SweepRow, type SweepTable, type TableOf, tableOf } from './sweep/sweep-table.ts';
export { sweepCsv, sweepText } from './sweep/table-text.ts';
export { type BufferPool, bufferPool, type DataLoader, dataLoader, type Prefork, prefork, type Snapshot, snapshot,
  touched, type Writes, writes } from './sweep/workloads.ts';
export { mixed, type NextPage, sequential, uniform, type Writer, zipf } from './sweep/writers.ts';
