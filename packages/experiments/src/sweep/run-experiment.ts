/** An experiment in this thread, cell after cell. Whoever wants both cores and a results file has `sweepFile`. */
import { type Catalogue, catalogueOf } from '@cowlab/composition';
import type { Experiment } from './experiment.ts';
import type { Axes } from './parameters.ts';
import { planOf, runCell } from './plan.ts';
import { type TableOf, tableOf } from './sweep-table.ts';

export interface RunOptions {
  /** Policies beyond the built-in ones. */
  readonly catalogue?: Catalogue;
  readonly onCell?: (done: number, all: number) => void;
}

/** @throws SweepError, ScenarioError, CompositionError or PluginError */
export async function runExperiment<A extends Axes, M extends string>(
  experiment: Experiment<A, M>,
  { catalogue, onCell }: RunOptions = {},
): Promise<TableOf<Experiment<A, M>>> {
  const plan = await planOf(experiment as unknown as Experiment, catalogue ?? await catalogueOf());
  const values: number[][] = [];
  for (let cell = 0; cell < plan.nr; cell++) {
    values.push(runCell(plan, cell));
    onCell?.(cell + 1, plan.nr);
  }
  return tableOf(plan, values) as unknown as TableOf<Experiment<A, M>>;
}
