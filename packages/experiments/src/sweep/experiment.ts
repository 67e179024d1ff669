/**
 * An experiment is data: a question, the lanes it is put to, the parameters that are varied, a scenario made of them,
 * and what is measured. `experiment` gives it types and says what is wrong with it; running it is another matter.
 */
import type { Scenario, ScenarioBuilder } from '@cowlab/scenario';
import { type MeasureFunction, type MeasureName, measureOf } from '../measures/measures.ts';
import { type Axes, type PointOf, type Sweep, sweepOf } from './parameters.ts';
import type { Random } from './random.ts';
import { SweepError } from './sweep-error.ts';

/** The program of one point: a builder, what it builds, or `.cow` text. */
export type ScenarioAt<P> = (point: P, random: Random) => ScenarioBuilder | Scenario | string;

export interface ExperimentSpec<A extends Axes, M extends string = string> {
  readonly question: string;
  /** As `--policies` takes them. `${name}` stands for a parameter: `early-cow:everyNth=${nth}`. */
  readonly lanes: string;
  /** Lists by parameter (every combination), or `product(…)`, or `zip(…)`. */
  readonly sweep: A | Sweep<A>;
  /** A function of the point, or `.cow` text with `${name}` where a parameter stands. */
  readonly scenario: string | ScenarioAt<PointOf<A>>;
  /** How often each point is run, each time with other chance. Default: once. */
  readonly repeats?: number;
  /** Default: 1. The same seed gives the same table. */
  readonly seed?: number;
  /** Names, or names with a function of the run (see `fold`). */
  readonly measure: readonly (M & MeasureName)[] | Readonly<Record<M, MeasureName | MeasureFunction>>;
}

/** `A` and `M` are those of its spec: they type the rows of the table. */
export interface Experiment<A extends Axes = Axes, M extends string = string> {
  readonly kind: 'experiment';
  readonly question: string;
  readonly lanes: string;
  readonly sweep: Sweep<A>;
  readonly scenario: string | ScenarioAt<PointOf<A>>;
  readonly repeats: number;
  readonly seed: number;
  readonly measures: Readonly<Record<M, MeasureFunction>>;
}

const FIELDS: readonly string[] = ['question', 'lanes', 'sweep', 'scenario', 'repeats', 'seed', 'measure'];
export const REPEATS_MAX = 100_000;

/** @throws SweepError */
export function experiment<const A extends Axes, const M extends string>(
  spec: ExperimentSpec<A, M>,
): Experiment<A, M> {
  const { question, lanes, sweep, scenario, repeats = 1, seed = 1 } = spec;
  const odd = Object.keys(spec).find((field) => !FIELDS.includes(field));
  if (odd !== undefined)
    throw new SweepError('experiment', `has a field '${odd}'`, `fields are ${FIELDS.join(', ')}`);
  for (const [name, value] of Object.entries({ question, lanes })) {
    if (typeof value !== 'string' || value.trim() === '')
      throw new SweepError('experiment', `has no ${name}`,
        `write ${name}: '${name === 'lanes' ? 'linux-5.7,linux-5.9' : '...?'}'`);
  }
  if (typeof scenario !== 'string' && typeof scenario !== 'function')
    throw new SweepError('experiment', 'has no scenario', 'give a function of the point, or .cow text');
  if (typeof sweep !== 'object' || sweep === null)
    throw new SweepError('experiment', 'sweeps nothing', 'write sweep: { pages: [64, 1024] }');
  whole('repeats', repeats, 1, REPEATS_MAX);
  whole('seed', seed, 0, 2 ** 31 - 1);
  if (typeof scenario === 'string' && repeats > 1)
    throw new SweepError('experiment', `repeats a text ${repeats} times`,
      'there is no chance in a text: drop repeats, or make the scenario a function that uses its second argument');
  return { kind: 'experiment', question, lanes, sweep: sweepOf(sweep) as Sweep<A>, scenario, repeats, seed,
    measures: measuresOf(spec.measure) };
}

function whole(name: string, value: unknown, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max)
    throw new SweepError('experiment', `${name} is ${String(value)}`, `use a whole number from ${min} to ${max}`);
}

function measuresOf(
  given: readonly string[] | Readonly<Record<string, string | MeasureFunction>>,
): Readonly<Record<string, MeasureFunction>> {
  if (typeof given !== 'object' || given === null)
    throw new SweepError('experiment', 'measures nothing', "write measure: ['pagesCopiedAtFork']");
  const named: readonly (readonly [string, string | MeasureFunction])[] = Array.isArray(given)
    ? (given as string[]).map((name) => [name, name] as const)
    : Object.entries(given);
  if (named.length === 0)
    throw new SweepError('experiment', 'measures nothing', "write measure: ['pagesCopiedAtFork']");
  const twice = named.find(([name], at) => named.findIndex(([other]) => other === name) < at);
  if (twice !== undefined) throw new SweepError('experiment', `measures '${twice[0]}' twice`, 'keep one');
  return Object.fromEntries(named.map(([name, measure]) => {
    if (typeof measure === 'function') return [name, measure];
    if (typeof measure === 'string') return [name, measureOf(measure)];
    throw new SweepError(`measure '${name}'`, 'is neither a name nor a function', 'see cowlab sweep --help for names');
  }));
}

/** By its mark: a file may have been written with another copy of this package. */
export function isExperiment(value: unknown): value is Experiment {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'experiment'
    && typeof (value as { measures?: unknown }).measures === 'object';
}
