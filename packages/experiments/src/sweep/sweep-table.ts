/** The result of an experiment: a row for each lane and point, typed by the experiment it belongs to. */
import { type Estimate, estimateOf } from '../measures/estimate.ts';
import type { Experiment } from './experiment.ts';
import type { Axes, PointOf } from './parameters.ts';
import { cellAt, type Plan } from './plan.ts';
import { randomOf } from './random.ts';

export interface SweepRow<P, M extends string> {
  readonly lane: string;
  readonly parameters: P;
  readonly measures: Readonly<Record<M, Estimate>>;
}

export interface SweepTable<P = Readonly<Record<string, number | string | boolean>>, M extends string = string> {
  readonly kind: 'sweep';
  readonly question: string;
  readonly lanes: readonly string[];
  readonly parameters: readonly string[];
  readonly measures: readonly M[];
  readonly repeats: number;
  readonly seed: number;
  /** Points in their order, the lanes of each beside each other. */
  readonly rows: readonly SweepRow<P, M>[];
}

export type TableOf<E> = E extends Experiment<infer A extends Axes, infer M extends string> ? SweepTable<PointOf<A>, M>
  : never;

/** `values` of every cell, by its number. */
export function tableOf(plan: Plan, values: readonly (readonly number[])[]): SweepTable {
  const { experiment: { question, repeats, seed }, laneNames, measureNames, points } = plan;
  const rows = Array.from({ length: plan.nr / repeats }, (_, nr) => {
    const { point, lane } = cellAt(plan, nr * repeats);
    const cells = values.slice(nr * repeats, (nr + 1) * repeats);
    const measures = Object.fromEntries(
      measureNames.map((name, at) => [name, estimateOf(cells.map((cell) => cell[at]), randomOf(seed, point, at))]),
    );
    return { lane: laneNames[lane], parameters: points[point], measures };
  });
  return { kind: 'sweep', question, lanes: laneNames, parameters: Object.keys(points[0]), measures: measureNames,
    repeats, seed, rows };
}
