/**
 * Where an experiment comes from: a `.cow` text with parameters, or a module that exports one. The command and each of
 * its workers read the same source and come to the same plan, since functions cannot be sent to a thread.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import * as core from '@cowlab/core';
import * as pluginApi from '@cowlab/plugin-api';
import { chooseLanes, CompositionError, isPath, parseLanes, reasonOf } from '@cowlab/composition';
import { type Asked, inputPath, moduleLoader, openWorkplace, readText } from '@cowlab/composition/node';
import { parseScenario } from '@cowlab/scenario';
import * as sweepApi from '../sweep.ts';
import { experiment, type Experiment, isExperiment } from '../sweep/experiment.ts';
import { type Axes, pointsOf, sweepOf, type Value } from '../sweep/parameters.ts';
import { type Plan, planOf } from '../sweep/plan.ts';
import { SweepError } from '../sweep/sweep-error.ts';
import { fillTemplate } from '../sweep/template.ts';
import { type MeasureName, measureOf } from '../measures/measures.ts';

/** Plain data: it is sent to workers. What is null is left as the file has it. */
export interface SweepSource {
  /** As it was given. */
  readonly file: string;
  readonly cwd: string;
  /** Configuration and policies that were named beside it. */
  readonly asked: Asked;
  readonly set: readonly (readonly [name: string, values: readonly Value[]])[];
  readonly zip: boolean;
  readonly lanes: string | null;
  readonly measures: readonly string[] | null;
  readonly repeats: number | null;
  readonly seed: number | null;
}

/** What a text is measured by when nobody says. */
const USUAL: readonly string[] = ['ptesVisited', 'pagesCopiedAtFork', 'pagesCopiedOnWrite', 'lost', 'hazards'];

/** @throws SweepError, CompositionError, PluginError or ScenarioError */
export async function planFrom(source: SweepSource): Promise<Plan> {
  const { file, cwd } = source;
  const path = inputPath(file, cwd);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new CompositionError(file, 'there is no such file', 'give a .cow text with ${parameters}, or a module');
  const workplace = await openWorkplace(cwd, source.asked);
  const found = MODULE.test(file) ? changed(await imported(path, source), source) : await textual(source, workplace);
  return planOf(found, workplace.catalogue, basename(file));
}

const MODULE = /\.(ts|mts|js|mjs)$/;

async function imported(path: string, { file, cwd }: SweepSource): Promise<Experiment> {
  const ours = { '@cowlab/plugin-api': pluginApi, '@cowlab/core': core, '@cowlab/experiments/sweep': sweepApi,
    'cowlab/policy': pluginApi, 'cowlab/experiment': sweepApi };
  let module: { default?: unknown };
  try {
    module = await (await moduleLoader(cwd, ours)).import(path);
  } catch (cause) {
    if ((cause as { name?: unknown }).name === 'SweepError') throw cause;
    throw new SweepError(file, `fails to load: ${reasonOf(cause)}`, 'mend that file', { cause });
  }
  if (isExperiment(module.default)) return module.default;
  throw new SweepError(file, 'has no experiment as its default export', 'write `export default experiment({ ... })`');
}

/** What the command line says wins over what the file says. */
function changed(found: Experiment, { set, zip, lanes, measures, repeats, seed }: SweepSource): Experiment {
  const axes = { ...found.sweep.axes };
  for (const [name, values] of set) {
    if (!Object.hasOwn(axes, name))
      throw new SweepError(`--set ${name}`, 'the experiment has no such parameter',
        `it has ${Object.keys(axes).join(', ')}`);
    axes[name] = values;
  }
  return { ...found, sweep: sweepOf({ join: zip ? 'zip' : found.sweep.join, axes }), lanes: lanes ?? found.lanes,
    repeats: repeats ?? found.repeats, seed: seed ?? found.seed, ...(measures !== null
      && { measures: Object.fromEntries(measures.map((name) => [name, found.measures[name] ?? measureOf(name)])) }) };
}

async function textual(source: SweepSource, workplace: Awaited<ReturnType<typeof openWorkplace>>): Promise<Experiment> {
  const { file, cwd, set, zip, measures } = source;
  const text = readText(inputPath(file, cwd), file);
  const axes: Axes = Object.fromEntries(set);
  const sweep = sweepOf({ join: zip ? 'zip' : 'product', axes });
  const [first] = pointsOf(sweep);
  const scenario = parseScenario(fillTemplate(text, first, file), file);
  const lanes = source.lanes ?? (await chooseLanes(undefined, scenario, workplace)).map(({ name }) => name).join(',');
  return experiment({ question: scenario.question, lanes, sweep, scenario: text, repeats: source.repeats ?? 1,
    seed: source.seed ?? 1, measure: (measures ?? USUAL) as readonly MeasureName[] });
}

/**
 * What the values of a sweep depend on, as a hash: the text of the file and of the policies that are files, the points,
 * the lanes with all options and hooks, the measures, repeats and seed.
 */
export function hashOf(plan: Plan, source: SweepSource): string {
  const { experiment: { repeats, seed, measures, lanes: laneText }, points, lanes } = plan;
  const parts = parseLanes(fillTemplate(laneText, points[0], 'lanes')).flatMap(({ parts: names }) => names)
    .map(({ name }) => name).filter(isPath);
  const stacks = lanes.map((row) =>
    row.map((
      { name, stack },
    ) => [name, ...stack.map(({ plugin, options }) => [plugin.id, options, String(plugin.create)])])
  );
  return createHash('sha256').update(
    JSON.stringify({ file: readText(inputPath(source.file, source.cwd), source.file),
      policies: parts.map((name) => readText(resolve(source.cwd, name), name)), points, stacks, repeats, seed,
      measures: Object.entries(measures).map(([name, measure]) => [name, String(measure)]) }),
  ).digest('hex');
}
