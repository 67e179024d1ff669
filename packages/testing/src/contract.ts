/**
 * What every policy keeps to, as a test of three lines:
 *
 *     import policy from './index.ts';
 *     import { policyContract } from '@cowlab/testing';
 *     policyContract(policy);
 */

import { type Geometry, type Overlay, toyGeometry, X86_64 } from '@cowlab/core';
import { asPlugin, type HazardId, type Options, type PolicyPlugin } from '@cowlab/plugin-api';
import fc from 'fast-check';
import { programs } from './programs/arbitraries.ts';
import { survivesFailedAllocation } from './laws/failure-laws.ts';
import { answers, asksOnce, bulkEqualsStepped, type Case, replays, runsAlike, staysSound,
  worldIsAll } from './laws/laws.ts';
import { overlayOf, stackOf } from './policy.ts';
import { type Runner, runnerAround } from './runner.ts';
import { holdsFor, patienceMs, runsOf } from './programs/runs.ts';
import { judgedBy } from './stacks.ts';
import { withBorrowedViews } from './laws/watched.ts';

/** A situation that shows a hazard where there is one. */
export interface HazardScenario {
  readonly hazard: HazardId;
  readonly title: string;
  /** Does the hazard show under these overlays (bottom first)? */
  readonly shows: (overlays: readonly Overlay[]) => boolean;
}

export interface ContractOptions {
  /** Options of the policy, over its defaults. */
  readonly options?: Options;
  /** The overlays below, bottom first. Default: those up to the policy's `over`. */
  readonly under?: readonly Overlay[];
  /** Each hazard that the policy declares must show in one of its scenarios, every other one in none. */
  readonly hazardScenarios?: readonly HazardScenario[];
  /** Random programs per check and small geometry; on x86-64 a tenth of that. */
  readonly runs?: number;
}

export interface ContractCheck {
  readonly title: string;
  /** Throws when the policy does not keep to it. */
  readonly run: () => void;
  readonly patienceMs: number;
}

/** `runner`: jest, vitest and mocha are found by themselves; of node:test hand in `{ describe, it }`. */
export function policyContract(
  plugin: PolicyPlugin,
  options: ContractOptions = {},
  { describe, it }: Runner = runnerAround(),
): void {
  describe(`policy '${plugin.id}'`, () => {
    for (const check of contractChecks(plugin, options)) it(check.title, check.run, check.patienceMs);
  });
}

/** The same without a test runner: titles and what they run. */
export function contractChecks(plugin: PolicyPlugin, options: ContractOptions = {}): readonly ContractCheck[] {
  const about = { title: 'has an id, and says in one line what it does', run: () => describesItself(plugin),
    patienceMs: 1000 };
  return [about, ...lawChecks(plugin, options), ...hazardChecks(plugin, options)];
}

function describesItself(plugin: PolicyPlugin): void {
  asPlugin(plugin, 'the policy under test');
  if (/[\n\r]/.test(plugin.summary))
    throw new Error(`policy '${plugin.id}': its summary has more than one line; keep it to one`);
}

type Law = (c: Case, nth: number) => void;

function lawChecks(
  plugin: PolicyPlugin,
  { options, under, runs: usual = 60 }: ContractOptions,
): readonly ContractCheck[] {
  const overlays = stackOf(plugin, { ...(under && { under }), ...(options && { options }) });
  const borrowing = [...overlays.slice(0, -1), withBorrowedViews(overlayOf(plugin, options))];
  const judged = judgedBy(overlays);
  const laws: Readonly<Record<string, Law>> = {
    'answers with verdicts that it may give, and never throws': (c) => answers(c),
    'looks at a view only while it is asked, and changes none': (c) => answers({ ...c, overlays: borrowing }),
    'decides alike when the same program runs again': (c) => runsAlike(c),
    'remembers nothing outside the world': (c, nth) => worldIsAll(c, nth),
    'leaves a log that replays to the same world': (c) => replays(c),
    'decides alike for runs of pages and for single steps': (c) => bulkEqualsStepped(c),
    'is asked about a page once per decision': (c) => asksOnce(c),
    'leaves counters that equal a recount': (c) => staysSound(c, judged),
    'survives a failed allocation without a leak': (c, nth) => survivesFailedAllocation(c, nth, judged),
  };
  return Object.entries(laws).map(([title, law]) => {
    const small = runsOf(usual);
    const run = (): void => {
      tryLaw(law, overlays, toyGeometry(), small);
      tryLaw(law, overlays, X86_64, { ...small, numRuns: Math.ceil(small.numRuns / 10) });
    };
    return { title, run, patienceMs: patienceMs(small) };
  });
}

function tryLaw(law: Law, overlays: readonly Overlay[], geometry: Geometry, runs: ReturnType<typeof runsOf>): void {
  holdsFor(fc.tuple(programs(geometry), fc.nat(200)), runs,
    ([program, nth]) => law({ geometry, overlays, program }, nth));
}

function hazardChecks(
  plugin: PolicyPlugin,
  { options, under, hazardScenarios = [] }: ContractOptions,
): readonly ContractCheck[] {
  const overlays = stackOf(plugin, { ...(under && { under }), ...(options && { options }) });
  return [...new Set(hazardScenarios.map(({ hazard }) => hazard))].map((hazard) => {
    const declared = plugin.hazards?.includes(hazard) ?? false;
    return {
      title: declared ? `shows ${hazard}, as it declares` : `does not show ${hazard}`,
      run: () => hazardAsDeclared(hazardScenarios.filter((scenario) => scenario.hazard === hazard), overlays, declared),
      patienceMs: 60_000,
    };
  });
}

function hazardAsDeclared(scenarios: readonly HazardScenario[], overlays: readonly Overlay[], declared: boolean): void {
  const shown = scenarios.filter(({ shows }) => shows(overlays)).map(({ title }) => title);
  const [{ hazard }] = scenarios;
  if (declared && shown.length === 0)
    throw new Error(`${hazard} is declared but shows in none of: ${scenarios.map(({ title }) => title).join('; ')}`);
  if (!declared && shown.length > 0)
    throw new Error(`${hazard} shows in '${shown.join("', '")}'; declare it in \`hazards\`, or mend the policy`);
}
