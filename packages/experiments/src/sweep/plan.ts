/**
 * The cells of an experiment, and how one is run. A cell is one lane at one point, once. All lanes see the same program
 * in the same repeat: chance depends on the seed, the point and the repeat, and on nothing else, so it does not matter
 * who runs a cell, or when.
 */
import { type Catalogue, labMaker, type Lane, parseLanes, resolveLanes } from '@cowlab/composition';
import { parseScenario, type Scenario } from '@cowlab/scenario';
import type { Lab } from '@cowlab/runtime';
import { runScenario } from '@cowlab/trial';
import { MeasuredRun } from '../measures/measures.ts';
import type { Experiment, ScenarioAt } from './experiment.ts';
import { type Point, pointsOf } from './parameters.ts';
import { randomOf } from './random.ts';
import { SweepError } from './sweep-error.ts';
import { fillTemplate, namesIn } from './template.ts';

export interface Plan {
  readonly experiment: Experiment;
  readonly points: readonly Point[];
  /** As rows call them: a lane with a parameter in it goes by its template. */
  readonly laneNames: readonly string[];
  /** By point, in the order of `laneNames`. */
  readonly lanes: readonly (readonly Lane[])[];
  readonly measureNames: readonly string[];
  /** Number of cells: points x lanes x repeats, the repeats changing fastest. */
  readonly nr: number;
  /** What complaints call a scenario that is text. */
  readonly name: string;
}

/** @throws SweepError, CompositionError or PluginError */
export async function planOf(experiment: Experiment, catalogue: Catalogue, name = 'scenario'): Promise<Plan> {
  const points = pointsOf(experiment.sweep);
  const { scenario } = experiment;
  if (typeof scenario === 'string') allUsed(experiment, namesIn(scenario + experiment.lanes), name);
  const resolved = new Map<string, readonly Lane[]>();
  const lanes: (readonly Lane[])[] = [];
  for (const point of points) {
    const text = fillTemplate(experiment.lanes, point, 'lanes');
    const known = resolved.get(text) ?? await resolveLanes(text, catalogue);
    resolved.set(text, known);
    lanes.push(known);
  }
  const laneNames = namesIn(experiment.lanes).length === 0
    ? lanes[0].map((lane) => lane.name)
    : parseLanes(experiment.lanes).map(({ label, text }) => label ?? text);
  const odd = lanes.findIndex((row) => row.length !== laneNames.length);
  if (odd >= 0)
    throw new SweepError('lanes', `number ${lanes[odd].length} at one point and ${laneNames.length} at another`,
      'a parameter may not hold a comma');
  return { experiment, points, laneNames, lanes, measureNames: Object.keys(experiment.measures), name,
    nr: points.length * laneNames.length * experiment.repeats };
}

function allUsed({ sweep }: Experiment, used: readonly string[], name: string): void {
  const idle = Object.keys(sweep.axes).find((axis) => !used.includes(axis));
  if (idle !== undefined)
    throw new SweepError(name, `parameter '${idle}' stands nowhere in it`, `write \${${idle}} where it belongs`);
}

export interface CellAt {
  readonly point: number;
  readonly lane: number;
  readonly repeat: number;
}

export function cellAt({ laneNames, experiment: { repeats } }: Plan, cell: number): CellAt {
  const row = Math.floor(cell / repeats);
  return { point: Math.floor(row / laneNames.length), lane: row % laneNames.length, repeat: cell % repeats };
}

/**
 * What one cell measures, in the order of the plan's measures.
 * @throws SweepError when a measure gives no number; ScenarioError when the point makes no program
 */
export function runCell(plan: Plan, cell: number): number[] {
  const { point, lane, repeat } = cellAt(plan, cell);
  const scenario = scenarioAt(plan, point, repeat);
  const chosen = plan.lanes[point][lane];
  const lab = makerOf(chosen)();
  const run = new MeasuredRun(chosen.name, scenario, runScenario(scenario, lab));
  lab.close();
  return plan.measureNames.map((name) => {
    const value: unknown = plan.experiment.measures[name](run);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new SweepError(`measure '${name}'`, `came to ${String(value)} ${at(plan, point)}`, 'let it return a number');
  });
}

/** By lane, as long as the plan that names it is in use. */
const makers = new WeakMap<Lane, () => Lab>();

function makerOf(lane: Lane): () => Lab {
  const known = makers.get(lane) ?? labMaker(lane);
  makers.set(lane, known);
  return known;
}

/** The same for every lane. */
export function scenarioAt({ experiment, points, name }: Plan, point: number, repeat: number): Scenario {
  const { scenario, seed, question } = experiment;
  if (typeof scenario === 'string') return parseScenario(fillTemplate(scenario, points[point], name), name);
  const made = (scenario as ScenarioAt<Point>)(points[point], randomOf(seed, point, repeat));
  if (typeof made === 'string')
    return parseScenario(/^\s*question /m.test(made) ? made : `question ${question}\n${made}`, name);
  return 'build' in made ? made.build() : made;
}

function at({ points }: Plan, point: number): string {
  return `at ${Object.entries(points[point]).map(([name, value]) => `${name}=${value}`).join(' ')}`;
}
